import { INSERT } from '../../src/core/batch.ts'
import { NO_WATERMARK } from '../../src/core/time.ts'
import { foldChanges, keyOf } from '../harness/fold.ts'
import type { QueryWorld } from '../harness/query-world.ts'
import { differences } from '../oracle/compare.ts'
import type { DuckOracle, OracleResult } from '../oracle/duck.ts'
import type { JoinEvent } from '../oracle/join-events.ts'
import type { JoinOracle } from '../oracle/join-oracle.ts'
import type { QuerySpec, StreamEvent } from '../oracle/workload.ts'
import { type AggregateWorkload, type RelationsWorkload, recordsOf } from './sim-workload.ts'
import { isOf, type SimOutcome } from './simulator.ts'

export interface Oracles {
  readonly aggregates: DuckOracle
  readonly relations: JoinOracle
}

/** What must hold when a simulated run is over. Each gives a sentence, or undefined when it holds. */
export async function check(outcome: SimOutcome, oracles: Oracles): Promise<string | undefined> {
  const consistent = checkLedger(outcome) ?? checkCommits(outcome) ?? (await checkWatermarks(outcome.world))
  if (consistent !== undefined) return consistent
  const { workload } = outcome.options
  return workload.kind === 'aggregate'
    ? checkAggregates(outcome, workload, oracles.aggregates)
    : checkRelations(outcome, workload, oracles.relations)
}

/** Each scan took each record of its topic once, in the order of its partition. */
function checkLedger({ ledger, options, world }: SimOutcome): string | undefined {
  for (const scan of world.entry.plan.steps.filter((step) => step.kind === 'scan')) {
    const records = recordsOf(options.workload).filter(isOf(scan))
    const taken = ledger.filter((entry) => entry.scan === scan.id).map(({ record }) => record)
    const ids = new Set(taken.map((record) => record.id))
    if (ids.size !== taken.length) return `${scan.id}: ${taken.length - ids.size} records were taken twice`
    if (ids.size !== records.length) return `${scan.id}: ${records.length - ids.size} records were never taken`
    const last = new Map<number, number>()
    for (const { partition, id } of taken) {
      if ((last.get(partition) ?? -1) > id) return `record ${id} was taken after a later one of partition ${partition}`
      last.set(partition, id)
    }
  }
  return undefined
}

function checkCommits({ commits, epochBefore, ledger }: SimOutcome): string | undefined {
  for (const [i, { epoch, watermark }] of commits.entries()) {
    if (epoch !== epochBefore + i + 1) return `commit ${i + 1} has epoch ${epoch} after ${epochBefore}`
    const before = commits[i - 1]?.watermark ?? null
    // JSON has no infinity: after the end of the input the watermark is null again, and stays so.
    const ended = commits.slice(i).every((commit) => commit.watermark === null)
    if (before !== null && !ended && (watermark ?? NO_WATERMARK) < before) {
      return `the watermark falls from ${before} to ${watermark} in epoch ${epoch}`
    }
  }
  const positions = Object.values(commits.at(-1)?.inputs ?? {}).flatMap((input) => Object.values(input))
  const total = positions.reduce((sum, position) => sum + position, 0)
  return total === ledger.length ? undefined : `the last commit is at ${total} of ${ledger.length} records`
}

async function checkWatermarks(world: QueryWorld): Promise<string | undefined> {
  const watermarks = await world.resultWatermarks()
  const falls = watermarks.findIndex((watermark, i) => i > 0 && watermark <= (watermarks[i - 1] as number))
  return falls < 0 ? undefined : `the result's watermark falls from ${watermarks[falls - 1]} to ${watermarks[falls]}`
}

async function checkAggregates(
  outcome: SimOutcome,
  { workload, lateStream }: AggregateWorkload,
  oracle: DuckOracle,
): Promise<string | undefined> {
  const { stream, query, events } = workload
  const taken = outcome.ledger.map(({ record }) => events[record.id] as StreamEvent)
  const expected = await oracle.evaluate(stream, taken, query)
  const bound = events.length * entriesOfRow(query) + expected.rows.length
  return (
    checkStaged(outcome, bound) ??
    (await checkResults(outcome, query, expected)) ??
    (lateStream ? await checkLateRows(outcome, taken, expected) : undefined)
  )
}

/** Nothing is late, and each scan has all records, so that any order of the ledger that is one of a scan will do. */
async function checkRelations(
  outcome: SimOutcome,
  { workload }: RelationsWorkload,
  oracle: JoinOracle,
): Promise<string | undefined> {
  const taken = [...new Set(outcome.ledger.map(({ record }) => record.id))]
  const events = taken.map((id) => workload.events[id] as JoinEvent)
  const expected = await oracle.evaluate({ ...workload, events })
  // A change of one side is one of the result for each row of the other.
  const staged = checkStaged(outcome, events.length * (events.length + 1))
  if (staged !== undefined) return staged
  const { schema } = outcome.world.result
  const found = foldChanges(await outcome.world.resultRows(), schema)
    .map((row) => JSON.stringify(row.map((value) => (typeof value === 'bigint' ? Number(value) : value))))
    .sort()
  if (found.join() === expected.join()) return undefined
  return `results differ from the oracle's:\n  ${found.join(' ')}\n  ${expected.join(' ')}`
}

/** What one epoch holds back is bounded by what its rows can cause. */
function checkStaged({ staged }: SimOutcome, rows: number): string | undefined {
  const bound = 20 + 6 * rows
  if (staged.recordsMax > bound) return `${staged.recordsMax} records were staged, more than ${bound}`
  if (staged.entriesMax > bound) return `${staged.entriesMax} entries were staged, more than ${bound}`
  return undefined
}

/** An entry or a few a row and window. */
function entriesOfRow({ window }: QuerySpec): number {
  if (window?.kind === 'hop') return window.sizeMs / window.slideMs
  return window?.kind === 'cumulate' ? window.sizeMs / window.stepMs : 1
}

async function checkResults(
  { world }: SimOutcome,
  query: QuerySpec,
  expected: OracleResult,
): Promise<string | undefined> {
  const { schema } = world.result
  const rows = await world.resultRows()
  if (query.emit === 'final') {
    if (rows.some(({ kind }) => kind !== INSERT)) return 'a final result was revised'
    const keys = new Set(rows.map(({ row }) => keyOf(row, { ...schema, key: schema.fields.map((_, i) => i) })))
    if (keys.size !== rows.length) return 'a final result came twice'
  }
  const differing = differences(foldChanges(rows, schema), schema, expected.rows, query)
  return differing.length === 0 ? undefined : `results differ from the oracle's:\n  ${differing.join('\n  ')}`
}

async function checkLateRows(
  { world }: SimOutcome,
  taken: readonly StreamEvent[],
  expected: OracleResult,
): Promise<string | undefined> {
  const [stream] = world.sideStreams('late-stream')
  if (stream === undefined) return undefined
  const column = (name: string): number => stream.schema.fields.findIndex((field) => field.name === name)
  const [id, start, end] = [column('id'), column('_window_start'), column('_window_end')]
  const found = (await world.sideRows(stream)).map(({ row }) => `${row[id]} [${row[start]},${row[end]})`).sort()
  const wanted = expected.late
    .map((pair) => `${(taken[pair.seq] as StreamEvent).id} [${pair.start},${pair.end})`)
    .sort()
  if (found.join() === wanted.join()) return undefined
  return `late rows are ${found.join(' ')}, not ${wanted.join(' ')}`
}
