import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { QueryStats } from '../../runtime/api.ts'
import { loadConfig } from '../config/config.ts'
import { createLogger } from '../telemetry/logger.ts'
import { SloService } from './slo.service.ts'

const STATS: QueryStats = {
  state: 'running',
  error: undefined,
  rowsIn: 100,
  rowsOut: 100,
  rowsLate: 0,
  rowsFailed: 0,
  rowsDuplicate: 0,
  recordsSkipped: 0,
  watermark: 0,
  lagRecords: 0,
  stateBytes: 0,
  epoch: 1,
  checkpointMsP95: 20,
  lagMsP95: 100,
  restore: { records: 0, remaining: 0 },
}

let directory: string
let nowMs: number
let stats: Partial<QueryStats>
let service: SloService

function open(flags: Readonly<Record<string, unknown>> = {}): void {
  service = new SloService({
    runtime: {
      statsOfAll: async () => new Map([['q', { ...STATS, ...stats }]]),
    },
    config: loadConfig({ flags: { dataDirectory: directory, ...flags } }),
    logger: createLogger('silent'),
    nowMs: () => nowMs,
  })
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  nowMs = 1_800_000_000_000
  stats = {}
  open()
})
afterEach(async () => {
  await service.close()
  rmSync(directory, { recursive: true, force: true })
})

async function minutes(count: number, changed: Partial<QueryStats> = {}): Promise<void> {
  stats = changed
  for (let i = 0; i < count; i++) {
    nowMs += 60_000
    await service.look()
  }
}

async function lag() {
  const found = (await service.report()).find(({ indicator }) => indicator === 'stream.lag_ms')
  if (found === undefined) throw new Error('the lag is one of the objectives')
  return found
}

describe('objectives of queries', () => {
  it('are told with what holds now, and nothing of the past before a minute has passed', async () => {
    await service.look()
    expect(await lag()).toMatchObject({ query: 'q', threshold: 5_000, value: 100, target: 0.99, minutes: 0 })
    expect((await lag()).attainment).toBeUndefined()
    const indicators = (await service.report()).map(({ indicator }) => indicator)
    expect(indicators).toEqual([
      'stream.lag_ms',
      'stream.late_event_rate',
      'stream.duplicate_rate',
      'checkpoint.duration_ms',
    ])
  })

  it('are held by the share of minutes in which they hold, and use up their budget', async () => {
    await minutes(99)
    expect(await lag()).toMatchObject({ attainment: 1, errorBudget: 1, minutes: 99 })
    await minutes(1, { lagMsP95: 5_000 })
    const { attainment, errorBudget } = await lag()
    expect(attainment).toBe(0.99)
    expect(errorBudget).toBeCloseTo(0, 9)
    await minutes(10, { lagMsP95: 9_000 })
    expect((await lag()).errorBudget).toBeLessThan(0)
  })

  it('hold nothing while the query has failed, and nothing is said while it is paused', async () => {
    await minutes(2, { state: 'failed', lagMsP95: undefined })
    expect(await lag()).toMatchObject({ attainment: 0, minutes: 2 })
    await minutes(5, { state: 'paused' })
    expect(await service.report()).toEqual([])
    await minutes(2)
    expect(await lag()).toMatchObject({ attainment: 0.5, minutes: 4 })
  })

  it('stand as they were when somebody looked last, without those that nothing is known of', async () => {
    await minutes(1, { lagMsP95: 9_000 })
    expect(service.standings()).toEqual([
      { query: 'q', indicator: 'stream.lag_ms', held: false },
      { query: 'q', indicator: 'checkpoint.duration_ms', held: true },
    ])
    await minutes(1, { state: 'paused' })
    expect(service.standings()).toEqual([])
  })

  it('count no minute twice however often somebody asks', async () => {
    await minutes(1)
    for (let i = 0; i < 20; i++) await service.report()
    expect((await lag()).minutes).toBe(1)
  })

  it('survive a restart', async () => {
    await minutes(30)
    await minutes(10, { lagMsP95: 9_000 })
    await service.close()
    open()
    await service.look()
    expect(await lag()).toMatchObject({ attainment: 0.75, minutes: 40 })
  })

  it('begin anew where their file is damaged, which is put aside', async () => {
    await minutes(3)
    await service.close()
    writeFileSync(join(directory, 'slo.json'), '{"version":1,"entries":[["q"')
    open()
    await service.look()
    expect((await lag()).minutes).toBe(0)
    expect(existsSync(join(directory, 'slo.json.damaged'))).toBe(true)
  })

  it('go on counting after the clock was set back', async () => {
    await minutes(2)
    nowMs -= 3_600_000
    await service.look()
    await minutes(2)
    expect((await lag()).minutes).toBe(5)
  })

  it('are as the configuration says', async () => {
    await service.close()
    open({ sloLagMs: 50, sloTarget: 1 })
    await minutes(1)
    expect(await lag()).toMatchObject({ threshold: 50, attainment: 0, errorBudget: 0 })
  })

  it('keep no more than names and counts', async () => {
    await minutes(2)
    await service.close()
    const file = JSON.parse(readFileSync(join(directory, 'slo.json'), 'utf8'))
    expect(file.entries[0]).toEqual(['q', 'stream.lag_ms', [[Math.floor(nowMs / 3_600_000), 2, 2]]])
  })
})
