// Each case in both engines over the same topics: in Weir as it is written, in Flink as EXPLAIN FLINK says.

import type { FlinkRunner, ScriptResult } from '../../../scripts/flink/flink-runner.ts'
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts'
import type { KafkaUnderTest } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'
import { Random } from '../../harness/random.ts'
import type { Difference, FlinkCase } from './cases.ts'
import { DEFINITIONS, randomInputs } from './inputs.ts'
import { finalRows, onlyIn, type TopicRecord } from './rows.ts'

export interface Comparison {
  readonly name: string
  readonly seed: number
  readonly verdict: 'same' | 'different' | 'differs on purpose' | 'failed'
  readonly rows: number
  readonly detail: string
}

const WEIR_MS_MAX = 60_000
const POLL_MS = 50
const READ_MS = 50
const ROWS_SHOWN = 5

export interface CompareOptions {
  readonly kafka: KafkaUnderTest
  readonly flink: FlinkRunner
  readonly cases: readonly FlinkCase[]
  readonly seeds: readonly number[]
  /** The broker is nobody else's, and ends afterwards. */
  readonly ownBroker?: boolean
}

export async function* compareWithFlink(options: CompareOptions): AsyncGenerator<Comparison> {
  const { kafka, flink, cases, seeds, ownBroker = false } = options
  const world = await KafkaWorld.open(kafka)
  try {
    for (const seed of seeds) {
      await prepareInputs(world, seed)
      for (const one of cases) yield await compareCase(world, kafka.bootstrap, flink, one, seed)
    }
  } finally {
    await (ownBroker ? world.leave() : world[Symbol.asyncDispose]())
  }
}

async function prepareInputs(world: KafkaWorld, seed: number): Promise<void> {
  for (const { name, records } of randomInputs(new Random(seed))) {
    const topic = await world.topic(`${name}${seed}`)
    await world.produce(topic, records)
  }
  await world.execute(DEFINITIONS.replaceAll('{s}', String(seed)).replaceAll('{p}', world.prefix))
}

async function compareCase(
  world: KafkaWorld,
  bootstrap: string,
  flink: FlinkRunner,
  given: FlinkCase,
  seed: number,
): Promise<Comparison> {
  const { name, format, differs } = given
  const base = { name, seed, rows: 0 }
  try {
    const [weir, theirs] = await bothResults(world, bootstrap, flink, given, seed)
    const missing = onlyIn(weir, theirs)
    const more = onlyIn(theirs, weir)
    const rows = weir.length
    if (rows === 0) return { ...base, verdict: 'failed', detail: `no rows of ${format}: nothing is compared` }
    if (missing.length + more.length === 0) return { ...base, rows, verdict: 'same', detail: '' }
    if (differs !== undefined && isOnPurpose(differs, missing, more)) {
      return { ...base, rows, verdict: 'differs on purpose', detail: differs.reason }
    }
    const detail = `only in Weir: ${shown(missing)}\nonly in Flink: ${shown(more)}`
    return { ...base, rows, verdict: 'different', detail }
  } catch (error) {
    return { ...base, verdict: 'failed', detail: error instanceof Error ? error.message : String(error) }
  }
}

function isOnPurpose({ only }: Difference, missing: readonly string[], more: readonly string[]): boolean {
  if (only === undefined) return true
  return (only === 'weir' ? more : missing).length === 0
}

function shown(rows: readonly string[]): string {
  const more = rows.length > ROWS_SHOWN ? ` … (${rows.length})` : ''
  return `${rows.slice(0, ROWS_SHOWN).join('  ')}${more}`
}

async function bothResults(
  world: KafkaWorld,
  bootstrap: string,
  flink: FlinkRunner,
  { name, query, format, setup, guarantee = 'at-least-once' }: FlinkCase,
  seed: number,
): Promise<readonly [readonly string[], readonly string[]]> {
  const sink = `${name.replaceAll('-', '_')}${seed}`
  const [ours, theirs] = [await world.topic(`${sink}.weir`), await world.topic(`${sink}.flink`)]
  const of = (sql: string) => sql.replaceAll('{s}', String(seed))
  const session = new Map<string, string>([['processing.guarantee', guarantee]])
  session.set('scan.bounded.mode', 'latest-offset')
  // Both end with a checkpoint, and wait for it.
  session.set('checkpoint.interval', '200 ms')
  if (setup !== undefined) {
    await execute(world, of(setup.sql), session)
    await untilFinished(world, of(setup.view))
  }
  const definition = `CREATE SINK ${sink} AS ${of(query)}
    WITH (connector = 'kafka', topic = '${ours}') FORMAT ${format} ENCODE JSON`
  await execute(world, definition, session)
  const options = [
    `'properties.bootstrap.servers' = '${bootstrap}'`,
    `'sink.topic' = '${theirs}'`,
    `'scan.bounded.mode' = 'latest-offset'`,
  ]
  const script = await execute(world, `EXPLAIN FLINK (${options.join(', ')}) QUERY ${sink}`, session)
  const result: ScriptResult = await flink.run(script)
  if ('error' in result) throw new Error(`Flink: ${result.error}\n${script}`)
  await untilFinished(world, sink)
  const rows = await Promise.all([ours, theirs].map((topic) => readTopic(bootstrap, topic)))
  const [fromWeir = [], fromFlink = []] = rows
  // Where the script says that it writes none.
  const isKeyless = format === 'PLAIN' && fromFlink.every(({ key }) => key === null)
  const compared = isKeyless ? fromWeir.map(({ value }) => ({ key: null, value })) : fromWeir
  return [finalRows(compared, format), finalRows(fromFlink, format)]
}

/** The text of the last statement. */
async function execute(world: KafkaWorld, sql: string, session: Map<string, string>): Promise<string> {
  let text = ''
  for await (const result of world.runtime.execute(sql, { session })) {
    if (result.kind === 'text') text = result.text
  }
  return text
}

async function untilFinished(world: KafkaWorld, sink: string): Promise<void> {
  const deadline = Date.now() + WEIR_MS_MAX
  for (;;) {
    const { state, error } = await world.runtime.stats(sink)
    if (state === 'finished') return
    if (error != null || state === 'failed') throw new Error(`Weir: ${error ?? state}`)
    if (Date.now() > deadline) throw new Error(`Weir: the query is still ${state} after ${WEIR_MS_MAX} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function readTopic(bootstrap: string, topic: string): Promise<readonly TopicRecord[]> {
  const reader = await PartitionReader.open({ bootstrapBrokers: [bootstrap] }, topic, 0)
  const end = await reader.end()
  const records: TopicRecord[] = []
  const text = (bytes: Uint8Array | null | undefined) => (bytes == null ? null : Buffer.from(bytes).toString())
  while (reader.position < end) {
    for (const { key, value } of await reader.read(READ_MS)) records.push({ key: text(key), value: text(value) })
  }
  await reader.close()
  return records
}
