// `weir lag`: how far the queries of a server are behind, partition by partition, and why.

import type { PartitionLag, QueryAnalysis, WeirClient } from '../../../clients/typescript/src/index.ts'
import { type ConnectionOptions, connectOptions } from '../connection.ts'
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { appError, connectTo } from '../remote-session.ts'
import { renderTable, type TableColumn } from '../render-table.ts'
import { reportError } from '../report-error.ts'
import { paint, type Terminal } from '../terminal.ts'

export interface LagOptions extends ConnectionOptions {
  readonly json?: boolean | undefined
}

/** Each looks at its tasks for a second: so many at once, not to wait for one after the other. */
const QUERIES_AT_ONCE = 8

const COLUMNS: readonly TableColumn[] = [
  { name: 'source', align: 'left' },
  { name: 'partition', align: 'right' },
  { name: 'records behind', align: 'right' },
  { name: 'event time', align: 'left' },
  { name: 'ago', align: 'right' },
  { name: '', align: 'left' },
]

/** `query` is undefined for all that run. */
export async function lagCommand(
  query: string | undefined,
  options: LagOptions,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  try {
    await using client = await connectTo(options.server, await connectOptions(options, env))
    await printLags(client, query, options, terminal)
    return EXIT_CODES.ok
  } catch (error) {
    return reportError(error, terminal.err, { colour: terminal.colour.err })
  }
}

async function printLags(
  client: WeirClient,
  query: string | undefined,
  { json }: LagOptions,
  terminal: Terminal,
): Promise<void> {
  const names = query === undefined ? await runningQueries(client) : [query]
  if (names.length === 0) terminal.err.write('no query runs\n')
  for (let at = 0; at < names.length; at += QUERIES_AT_ONCE) {
    const some = names.slice(at, at + QUERIES_AT_ONCE)
    const analyses = await Promise.all(some.map((name) => client.analyzeQuery(name).catch(rethrow)))
    for (const one of analyses) {
      terminal.out.write(json === true ? `${JSON.stringify(jsonOf(one))}\n` : `${textOf(one, terminal)}\n`)
    }
  }
}

async function runningQueries(client: WeirClient): Promise<readonly string[]> {
  const queries = await client.listQueries().catch(rethrow)
  return queries.filter(({ state }) => state !== 'paused' && state !== 'finished').map(({ name }) => name)
}

function rethrow(error: unknown): never {
  throw appError(error)
}

/** One object a line. Event times are ISO 8601; what is unknown is null. */
function jsonOf({ name, state, error, tasksSeen, tasksTotal, causes, partitions, silentReplicas }: QueryAnalysis) {
  return {
    query: name,
    state,
    ...(error === undefined ? {} : { error }),
    tasks: { seen: tasksSeen, total: tasksTotal },
    causes,
    partitions: partitions.map((one) => ({
      source: one.source,
      partition: one.partition,
      records: one.records === undefined ? null : Number(one.records),
      eventTime: eventTimeOf(one)?.toISOString() ?? null,
      holdsWatermark: one.holdsWatermark,
    })),
    silentReplicas,
  }
}

function textOf(
  { name, state, error, causes, partitions, silentReplicas, ...tasks }: QueryAnalysis,
  terminal: Terminal,
) {
  const seen = tasks.tasksSeen === tasks.tasksTotal ? '' : `, ${tasks.tasksSeen} of ${tasks.tasksTotal} tasks seen`
  const head = paint(`${name}: ${state}${seen}`, 'bold', terminal.colour.out)
  const around = [
    ...(error === undefined ? [] : [`  error: ${error}`]),
    ...silentReplicas.map((replica) => `  replica "${replica}" did not tell of its tasks`),
  ]
  const why = causes.length === 0 ? ['  it keeps up'] : causes.map((cause) => `  ${cause}`)
  if (partitions.length === 0) return [head, ...around].join('\n')
  const rows = partitions.map((one) => rowOf(one, partitions.length > 1))
  return [head, ...why, ...around, renderTable(COLUMNS, rows, terminal.size()?.columns), ''].join('\n')
}

function rowOf(one: PartitionLag, several: boolean): readonly string[] {
  const time = eventTimeOf(one)
  return [
    one.source,
    String(one.partition),
    one.records === undefined ? 'unknown' : String(one.records),
    time === undefined ? '' : time.toISOString(),
    time === undefined ? '' : `${((Date.now() - time.getTime()) / 1000).toFixed(1)} s`,
    several && one.holdsWatermark ? 'holds the watermark' : '',
  ]
}

function eventTimeOf({ eventTimeMicros }: PartitionLag): Date | undefined {
  const time = eventTimeMicros === undefined ? undefined : new Date(Number(eventTimeMicros / 1000n))
  return time === undefined || Number.isNaN(time.getTime()) ? undefined : time
}
