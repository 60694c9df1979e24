// Runs the cases of clients/conformance with this client: `driver.ts ADDRESS CASES`. What each step gave goes to standard
// output, a line of JSON each; who started it compares. clients/conformance/README.md says what each step does.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Decimal, type Parameter, type ResultEvent, type Schema, WeirClient, WeirError } from '../src/index.ts'

interface Step {
  readonly do: string
  readonly sql?: string | readonly string[]
  readonly parameters?: readonly unknown[]
  readonly timeoutMs?: number
  readonly take?: number
  readonly untilWatermark?: boolean
  readonly stream?: string
  readonly name?: string
  readonly records?: readonly Readonly<Record<string, unknown>>[]
  readonly count?: number
  readonly bytes?: number
  readonly batch?: number
  readonly inFlight?: number
  readonly producerId?: string
  readonly firstSequence?: number
  readonly snapshot?: boolean
  readonly from?: string
  readonly store?: string
  readonly action?: string
  readonly restarts?: number
  readonly stallMs?: number
}

type Result = Readonly<Record<string, unknown>>

const FAST_RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 }
/** Without an acknowledgement for so long, a writer takes no more. */
const BLOCKED_MS = 500
/** A row that comes twice would come within it. */
const DOUBLES_MS = 300
const UNTIL_MS = 20_000

const [address = '', casesPath = ''] = process.argv.slice(2)
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const tokens = new Map<string, string>()
let client = await connect()

const STEPS: Readonly<Record<string, (step: Step) => Promise<Result>>> = {
  execute,
  query,
  subscribe,
  ingest,
  validate,
  explain,
  server,
  fill,
  follow,
  slow,
  stalled,
}

const { cases } = JSON.parse(readFileSync(casesPath, 'utf8')) as {
  cases: readonly { readonly name: string; readonly steps: readonly Step[] }[]
}
for (const { name, steps } of cases) {
  for (const [index, step] of steps.entries()) print({ case: name, step: index, result: await attempt(step) })
}
await client.close()
process.exit()

function connect(): Promise<WeirClient> {
  return WeirClient.connect(address, { connectTimeoutMs: 20_000, channelOptions: FAST_RECONNECT })
}

function print(line: Result): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function attempt(step: Step): Promise<Result> {
  try {
    const run = STEPS[step.do]
    return run === undefined ? { unknown: step.do } : await run(step)
  } catch (error) {
    if (!(error instanceof WeirError)) return { crash: String(error) }
    const { status, reason, retry, message, hint, diagnostics } = error
    return { error: { status, reason, retry, message, hint, diagnostics } }
  }
}

/** Asks whoever runs the server; the answer comes when it is done. */
async function ask(action: string): Promise<void> {
  print({ server: action })
  await answers.next()
}

async function execute({ sql, parameters, timeoutMs }: Step): Promise<Result> {
  const results = await client.execute(text(sql), { parameters: parametersOf(parameters), timeoutMs })
  return {
    results: results.map((result) => {
      if (result.kind === 'done') return { kind: 'done', statement: result.statement }
      if (result.kind !== 'rows') return result
      const { schema, rows } = result
      return {
        ...result,
        ...schemaOf(schema),
        rows: rows.map((row) => schema.columns.map(({ name }) => show(row[name]))),
      }
    }),
    settings: client.settings,
  }
}

async function query({ sql, parameters, timeoutMs, take, untilWatermark }: Step): Promise<Result> {
  const result = client.query(text(sql), parametersOf(parameters), { timeoutMs, timestamps: 'micros' })
  return collect(result.events(), take, untilWatermark)
}

async function subscribe({ name = '', snapshot, from, store, take, untilWatermark }: Step): Promise<Result> {
  const resumeToken = from === undefined ? undefined : tokens.get(from)
  const subscription = client.subscribe(name, { snapshot, resumeToken, timestamps: 'micros' })
  const result = await collect(subscription.events(), take, untilWatermark)
  if (store !== undefined) tokens.set(store, subscription.resumeToken ?? '')
  return result
}

/** Up to so many changes, or to a watermark, or to the end. */
async function collect(
  events: AsyncIterable<ResultEvent>,
  take = Number.POSITIVE_INFINITY,
  untilWatermark = false,
): Promise<Result> {
  let header: Result = {}
  let names: readonly string[] = []
  const changes: unknown[] = []
  let fromSnapshot = 0
  let watermark: unknown = null
  let end: unknown = null
  for await (const event of events) {
    if (event.kind === 'schema') {
      names = event.schema.columns.map(({ name }) => name)
      header = { ...schemaOf(event.schema), continuous: event.continuous }
    } else if (event.kind === 'changes') {
      for (const { kind, row } of event.changes) changes.push([kind, ...names.map((name) => show(row[name]))])
      if (event.snapshot) fromSnapshot += event.changes.length
    } else if (event.kind === 'watermark') watermark = event.time === undefined ? 'end' : event.time.getTime()
    else if (event.kind === 'end') end = Number(event.rows)
    if (changes.length >= take && (!untilWatermark || watermark !== null)) break
  }
  return { ...header, changes, snapshot: fromSnapshot, watermark, end }
}

async function ingest({ stream = '', records = [], producerId, firstSequence, batch }: Step): Promise<Result> {
  await using writer = client.ingest(stream, { producerId, firstSequence, batchRecordsMax: batch })
  for (const record of records) await writer.write(valueFrom(record) as Readonly<Record<string, unknown>>)
  await writer.flush()
  return { appended: writer.appended, duplicates: writer.duplicates, nextSequence: writer.nextSequence }
}

async function validate({ sql }: Step): Promise<Result> {
  const diagnostics = await client.validate(text(sql))
  return { diagnostics: diagnostics.map(({ span, ...rest }) => ({ ...rest, ...span })) }
}

async function explain({ sql }: Step): Promise<Result> {
  return { text: await client.explain(text(sql)) }
}

async function server({ action = '' }: Step): Promise<Result> {
  await ask(action)
  if (action === 'pause' || action === 'continue') return {}
  await client.close()
  client = await connect()
  return {}
}

async function fill({ stream = '', count = 0, bytes = 0 }: Step): Promise<Result> {
  await using writer = client.ingest(stream)
  const pad = 'x'.repeat(bytes)
  for (let id = 0; id < count; id++) await writer.write({ id, pad })
  await writer.flush()
  return { appended: writer.appended }
}

/** A writer and a reader go on while the server is killed under them. */
async function follow({ stream = '', name = '', count = 0, batch, restarts = 1 }: Step): Promise<Result> {
  const leave = new AbortController()
  const times = new Map<unknown, number>()
  let reconnects = 0
  const reading = (async () => {
    const options = { signal: leave.signal, onReconnect: () => (reconnects += 1) }
    for await (const { row } of client.subscribe(name, options)) {
      times.set(row['id'], (times.get(row['id']) ?? 0) + 1)
    }
  })().catch((error: unknown) => {
    if (!leave.signal.aborted) throw error
  })
  await using writer = client.ingest(stream, { batchRecordsMax: batch })
  const each = Math.ceil(count / (restarts + 1))
  for (let id = 0; id < count; id++) {
    if (id > 0 && id % each === 0) await ask('kill')
    await writer.write({ id })
  }
  await writer.flush()
  await until(() => times.size >= count)
  await pause(DOUBLES_MS)
  leave.abort()
  await reading
  return {
    written: writer.appended + writer.duplicates,
    rows: [...times.values()].reduce((sum, n) => sum + n, 0),
    distinct: times.size,
    reconnects,
  }
}

/** A reader that takes nothing for a while is cut, and goes on. */
async function slow({ name = '', count = 0, stallMs = 0 }: Step): Promise<Result> {
  const ids = new Set<unknown>()
  let rows = 0
  let reconnects = 0
  let stalled = false
  for await (const event of client.subscribe(name, { onReconnect: () => (reconnects += 1) }).events()) {
    if (event.kind !== 'changes') continue
    for (const { row } of event.changes) ids.add(row['id'])
    rows += event.changes.length
    if (!stalled) await pause(stallMs)
    stalled = true
    if (ids.size >= count) break
  }
  return { rows, distinct: ids.size, reconnects }
}

/** A writer that nobody answers takes only so much. */
async function stalled({ stream = '', batch, inFlight, count = 0 }: Step): Promise<Result> {
  await using writer = client.ingest(stream, { batchRecordsMax: batch, requestsInFlightMax: inFlight })
  await ask('pause')
  let accepted = 0
  const writing = (async () => {
    for (let id = 0; id < count; id++) {
      await writer.write({ id })
      accepted += 1
    }
  })()
  await pause(BLOCKED_MS)
  const blockedAt = accepted
  await ask('continue')
  await writing
  await writer.flush()
  return { accepted: blockedAt, appended: writer.appended }
}

function text(sql: string | readonly string[] = ''): string {
  return typeof sql === 'string' ? sql : sql.join('\n')
}

function schemaOf({ columns, key, time, mode }: Schema): Result {
  return { columns: columns.map(({ name, type }) => [name, type]), key, time: time ?? null, mode }
}

/** Values in cases.json that JSON has no form for are objects with one member, which names the type. */
function valueFrom(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueFrom)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [kind, given] = entries[0] ?? ['', '']
  if (kind === '$int') return BigInt(given)
  if (kind === '$double') return Number(given)
  if (kind === '$decimal') return new Decimal(given)
  if (kind === '$timestampMillis') return new Date(Number(given))
  if (kind === '$bytes') return Uint8Array.from(Buffer.from(given, 'hex'))
  return Object.fromEntries(entries.map(([name, member]) => [name, valueFrom(member)]))
}

function parametersOf(parameters: readonly unknown[] = []): readonly Parameter[] {
  return parameters.map((parameter) => valueFrom(parameter) as Parameter)
}

/** A value as JSON, exact: integers as digits, bytes as hex digits, doubles that JSON lacks by name. */
function show(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : showDouble(value)
  if (value instanceof Date) return (BigInt(value.getTime()) * 1000n).toString()
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (value instanceof Map) return { $map: [...value].map(([key, member]) => [show(key), show(member)]) }
  if (Array.isArray(value)) return value.map(show)
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, show(member)]))
}

function showDouble(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + UNTIL_MS
  while (!condition() && Date.now() < endMs) await pause(10)
}
