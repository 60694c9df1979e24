import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDataDirectory } from '../src/adapters/embedded/data-directory.ts'
import { formatRegistry } from '../src/adapters/formats/registry.ts'
import type { Storage } from '../src/adapters/storage.ts'
import { SystemClock } from '../src/adapters/system-clock.ts'
import { WeirRuntime } from '../src/runtime/weir-runtime.ts'
import { compared, measureFlink, prepareFlink } from './against.ts'
import { measureIngest } from './ingest.ts'
import { type BenchInput, PARTITIONS, rounds } from './inputs.ts'
import { measureKafka } from './kafka.ts'
import { measureLatency } from './latency.ts'
import { hardware, type Measurement, RssWatch, versions } from './measure.ts'
import type { OrdersOptions } from './orders.ts'
import { type BenchQuery, inputsOf, QUERIES } from './queries.ts'
import { measureState } from './state.ts'

/**
 * `npm run bench -- --query NAME [--events N] [--source kafka] [--against flink] [--json]`: one query over orders that
 * are already in the log, checkpoints on, from the moment it is created until it has read all of them. Writing the
 * input is not measured.
 */

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      query: { type: 'string', default: 'tumble' },
      events: { type: 'string', default: '2000000' },
      source: { type: 'string', default: 'embedded' },
      replicas: { type: 'string', default: '1' },
      threads: { type: 'string', default: '0' },
      against: { type: 'string' },
      json: { type: 'boolean', default: false },
      history: { type: 'boolean', default: false },
    },
  })
  const measurement = await measureOne(values)
  const line = JSON.stringify(measurement)
  if (values.history) {
    appendFileSync(
      new URL('./history.ndjson', import.meta.url),
      `${JSON.stringify({ date: today(), ...measurement })}\n`,
    )
  }
  process.stdout.write(values.json ? `${line}\n` : `${JSON.stringify(measurement, null, 2)}\n`)
}

interface Options {
  readonly query: string
  readonly events: string
  readonly source: string
  readonly replicas: string
  readonly threads: string
  readonly against?: string | undefined
}

async function measureOne({ query, events, source, replicas, threads, against }: Options): Promise<Measurement> {
  if (source === 'kafka') {
    return measureKafka({
      query: queryNamed(query),
      events: Number(events),
      replicas: Number(replicas),
      threads: Number(threads),
    })
  }
  if (source !== 'embedded') throw new Error(`no source "${source}": there are embedded and kafka`)
  return against === undefined ? measure(query, Number(events)) : measureAgainst(against, query, Number(events))
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/** Weir first, then the rival: never both at once. What the rival needs is looked for before either runs. */
async function measureAgainst(rival: string, name: string, events: number): Promise<Measurement> {
  if (rival !== 'flink') throw new Error(`can't measure against "${rival}": use flink`)
  const flink = await prepareFlink(name)
  const weir = await measure(name, events)
  return compared(weir, await measureFlink(flink, queryNamed(name), events), flink.version)
}

function queryNamed(name: string): BenchQuery {
  const query = QUERIES.find((one) => one.name === name)
  if (query === undefined) {
    throw new Error(
      `no query "${name}"; there are ${[...QUERIES.map((one) => one.name), 'latency', 'state', 'ingest'].join(', ')}`,
    )
  }
  return query
}

async function measure(name: string, events: number): Promise<Measurement> {
  if (name === 'latency') return measureLatency(events)
  if (name === 'state') return measureState(events)
  if (name === 'ingest') return measureIngest(events)
  const query = queryNamed(name)
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const storage = await openDataDirectory(directory)
    const runtime = await WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
    try {
      return await run(runtime, storage, query, events)
    } finally {
      await runtime.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function run(runtime: WeirRuntime, storage: Storage, query: BenchQuery, events: number): Promise<Measurement> {
  const options = { events, keys: query.keys, eventsPerSecondOfEventTime: query.eventsPerSecondOfEventTime }
  const inputs = inputsOf(query)
  for (const { kind, name, columns, format } of inputs) {
    await executeAll(runtime, `CREATE ${kind} ${name} (${columns}) WITH (partitions = '${PARTITIONS}') ${format}`)
  }
  const loaded = inputs.filter((input) => input.loaded === true)
  const flowing = inputs.filter((input) => !loaded.includes(input))
  for (const input of loaded) await fill(storage, input, options)
  // A table is read first by itself, so that the clock is of what flows.
  const tableRows = loaded.reduce((sum, { rows }) => sum + rows(options), 0)
  if (tableRows > 0) {
    await executeAll(runtime, `CREATE MATERIALIZED VIEW measured AS ${query.sql}`)
    await untilRead(runtime, tableRows)
  }
  for (const input of flowing) await fill(storage, input, options)
  const watch = new RssWatch()
  const cpuStart = process.cpuUsage()
  const start = performance.now()
  await executeAll(
    runtime,
    tableRows > 0 ? 'RESUME QUERY measured' : `CREATE MATERIALIZED VIEW measured AS ${query.sql}`,
  )
  await untilRead(runtime, events)
  const seconds = (performance.now() - start) / 1000
  const cpu = process.cpuUsage(cpuStart)
  const { checkpointMsP95 } = await runtime.stats('measured')
  return {
    query: query.name,
    source: 'embedded',
    events,
    keys: query.keys,
    eventsPerSecond: Math.round(events / seconds),
    cpuSecondsPerMillion: round((cpu.user + cpu.system) / 1e6 / (events / 1e6)),
    rssBytesMax: watch.stop(),
    latencyMsP95: null,
    checkpointMsP95: round(checkpointMsP95),
    versions: versions(),
    hardware: hardware(),
  }
}

async function fill(storage: Storage, input: BenchInput, options: OrdersOptions): Promise<void> {
  const encoder = new TextEncoder()
  for (const round of rounds(input, options)) {
    const appends = round.map((rows, partition) => {
      const records = rows.map((row) => ({ key: null, value: encoder.encode(row), timestamp: 0 }))
      return records.length === 0 ? undefined : storage.log.append(input.name, partition, records)
    })
    await Promise.all(appends)
  }
}

/** Until every event is in the state of a committed checkpoint. */
async function untilRead(runtime: WeirRuntime, events: number): Promise<void> {
  for (;;) {
    const { rowsIn, lagRecords, error } = await runtime.stats('measured')
    if (error !== undefined) throw new Error(error)
    if (rowsIn >= events && lagRecords === 0) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await runtime.pause('measured')
}

async function executeAll(runtime: WeirRuntime, sql: string): Promise<void> {
  for await (const _ of runtime.execute(sql));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

try {
  await main()
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
