// What the process itself takes: memory, processor time, and how long its event loop is held up.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

const RESOLUTION_MS = 20
const NANOSECONDS = 1e9

/** Names of the conventions for processes and Node.js. Returns what ends it. */
export function measureProcess(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  meter
    .createObservableGauge('nodejs.eventloop.delay.p99', { unit: 's', description: 'Delay of the event loop' })
    .addCallback((result) => {
      result.observe(Math.max(0, delay.percentile(99) / NANOSECONDS - RESOLUTION_MS / 1_000))
      delay.reset()
    })
  meter
    .createObservableGauge('process.memory.usage', { unit: 'By', description: 'Memory of the process (RSS)' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()))
  const time = meter.createObservableCounter('process.cpu.time', { unit: 's', description: 'Processor time' })
  time.addCallback((result) => {
    const { user, system } = process.cpuUsage()
    result.observe(user / 1e6, { 'cpu.mode': 'user' })
    result.observe(system / 1e6, { 'cpu.mode': 'system' })
  })
  return () => delay.disable()
}
