import { expect, it } from 'vitest'
import { newMetrics } from './operator.ts'
import { TimeMeter } from './time-meter.ts'

it('gives each operator the time that it works itself, and not that of those behind it', () => {
  let nowMs = 0
  const meter = new TimeMeter(() => nowMs)
  const [scan, filter, sink] = [newMetrics(), newMetrics(), newMetrics()]
  const outside = meter.enter(scan)
  nowMs += 5
  const inScan = meter.enter(filter)
  nowMs += 3
  const inFilter = meter.enter(sink)
  nowMs += 2
  meter.leave(inFilter)
  nowMs += 1
  meter.leave(inScan)
  nowMs += 4
  meter.leave(outside)
  // Between two calls nobody works.
  nowMs += 100
  meter.leave(meter.enter(sink))
  expect([scan, filter, sink].map(({ busyMs }) => busyMs)).toEqual([9, 4, 2])
})
