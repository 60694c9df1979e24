import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDataDirectory } from '../src/adapters/embedded/data-directory.ts'
import { formatRegistry } from '../src/adapters/formats/registry.ts'
import { SystemClock } from '../src/adapters/system-clock.ts'
import { WeirRuntime } from '../src/runtime/weir-runtime.ts'
import { hardware, type Measurement, RssWatch, versions } from './measure.ts'
import { ORDERS_COLUMNS } from './orders.ts'

/**
 * One million keys of state: how long an incremental checkpoint takes while they change, and how long it takes from
 * the start of the process' storage to the first result after a restart.
 */
const KEYS = 1_000_000
const RECORDS_PER_APPEND = 10_000
/** Keys that change between two checkpoints while checkpoints are timed. */
const CHANGED_KEYS = 50_000
const ROUNDS = 20

export interface StateMeasurement extends Measurement {
  readonly restartToFirstResultMs: number
}

export async function measureState(events: number): Promise<StateMeasurement> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const watch = new RssWatch()
  const cpuStart = process.cpuUsage()
  const start = performance.now()
  try {
    const first = await open(directory)
    await execute(first, `CREATE STREAM orders (${ORDERS_COLUMNS})`)
    await execute(
      first,
      `CREATE MATERIALIZED VIEW per_user AS SELECT user_id, COUNT(*) AS orders, SUM(amount) AS revenue
       FROM orders GROUP BY user_id`,
    )
    let written = 0
    // Counters of a query begin anew when it is resumed.
    let writtenBefore = 0
    const write = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += RECORDS_PER_APPEND) {
        await ingest(first, written, Math.min(RECORDS_PER_APPEND, count - done))
        written += Math.min(RECORDS_PER_APPEND, count - done)
      }
      await untilRead(first, written - writtenBefore)
    }
    await write(Math.max(KEYS, events))
    // Only the checkpoints from here on are timed: those of the state that is there and changes in part.
    await first.pause('per_user')
    await first.resume('per_user')
    writtenBefore = written
    for (let round = 0; round < ROUNDS; round++) {
      const { epoch } = await first.stats('per_user')
      await write(CHANGED_KEYS)
      while ((await first.stats('per_user')).epoch === epoch) await pause()
    }
    const { checkpointMsP95 } = await first.stats('per_user')
    const seconds = (performance.now() - start) / 1000
    const cpu = process.cpuUsage(cpuStart)
    await first.close()
    return {
      query: 'state',
      source: 'embedded',
      events: written,
      keys: KEYS,
      eventsPerSecond: Math.round(written / seconds),
      cpuSecondsPerMillion: Math.round(((cpu.user + cpu.system) / written) * 1000) / 1000,
      rssBytesMax: watch.stop(),
      latencyMsP95: null,
      checkpointMsP95,
      restartToFirstResultMs: await restart(directory, written),
      versions: versions(),
      hardware: hardware(),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** From opening the data directory until a subscriber has the first change that a new event caused. */
async function restart(directory: string, written: number): Promise<number> {
  const start = performance.now()
  const runtime = await open(directory)
  const results = await runtime.subscribe('per_user', { snapshot: false })
  await ingest(runtime, written, 1)
  for await (const event of results) if (event.kind === 'rows' && event.rows.length > 0) break
  const ms = performance.now() - start
  await runtime.close()
  return Math.round(ms)
}

async function open(directory: string): Promise<WeirRuntime> {
  const storage = await openDataDirectory(directory)
  return WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
}

async function ingest(runtime: WeirRuntime, from: number, count: number): Promise<void> {
  const encoder = new TextEncoder()
  const records = Array.from({ length: count }, (_, i) => ({
    value: encoder.encode(
      `{"order_id":"o","user_id":${(from + i) % KEYS},"region":"eu","status":"paid","amount":1.25,"ts":${1_767_225_600_000 + from + i}}`,
    ),
  }))
  await runtime.ingest({ stream: 'orders', records })
}

async function untilRead(runtime: WeirRuntime, rows: number): Promise<void> {
  while ((await runtime.stats('per_user')).rowsIn < rows) await pause()
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

async function execute(runtime: WeirRuntime, sql: string): Promise<void> {
  for await (const _ of runtime.execute(sql));
}
