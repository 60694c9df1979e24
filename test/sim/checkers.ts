import { INSERT } from '../../src/core/batch.ts'
import { NO_WATERMARK } from '../../src/core/time.ts'
import { foldChanges, keyOf } from '../harness/fold.ts'
import type { QueryWorld } from '../harness/query-world.ts'
import { differences } from '../oracle/compare.ts'
import type { DuckOracle, OracleResult } from '../oracle/duck.ts'
import type { StreamEvent } from '../oracle/workload.ts'
import type { SimOutcome } from './simulator.ts'

/** What must hold when a simulated run is over. Each gives a sentence, or undefined when it holds. */
export async function check(outcome: SimOutcome, oracle: DuckOracle): Promise<string | undefined> {
  const { stream, query } = outcome.options.workload
  const consistent = checkLedger(outcome) ?? checkCommits(outcome) ?? (await checkWatermarks(outcome.world))
  if (consistent !== undefined) return consistent
  const expected = await oracle.evaluate(stream, outcome.ledger, query)
  return (
    checkStaged(outcome, expected) ??
    (await checkResults(outcome, expected)) ??
    (await checkLateRows(outcome, expected))
  )
}

/** Each record was taken once, in the order of its partition. */
function checkLedger({ ledger, options }: SimOutcome): string | undefined {
  const { events } = options.workload
  const taken = new Set(ledger.map((event) => event.id))
  if (taken.size !== ledger.length) return `${ledger.length - taken.size} records were taken twice`
  if (taken.size !== events.length) return `${events.length - taken.size} records were never taken`
  const last = new Map<number, number>()
  for (const { partition, id } of ledger) {
    if ((last.get(partition) ?? -1) > id) return `record ${id} was taken after a later one of partition ${partition}`
    last.set(partition, id)
  }
  return undefined
}

function checkCommits({ commits, options }: SimOutcome): string | undefined {
  for (const [i, { epoch, watermark }] of commits.entries()) {
    if (epoch !== i + 1) return `commit ${i + 1} has epoch ${epoch}`
    const before = commits[i - 1]?.watermark ?? null
    // JSON has no infinity: after the end of the input the watermark is null again, and stays so.
    const ended = commits.slice(i).every((commit) => commit.watermark === null)
    if (before !== null && !ended && (watermark ?? NO_WATERMARK) < before) {
      return `the watermark falls from ${before} to ${watermark} in epoch ${epoch}`
    }
  }
  const positions = Object.values(commits.at(-1)?.inputs ?? {})[0] ?? {}
  const total = Object.values(positions).reduce((sum, position) => sum + position, 0)
  const { events } = options.workload
  return total === events.length ? undefined : `the last commit is at ${total} of ${events.length} records`
}

async function checkWatermarks(world: QueryWorld): Promise<string | undefined> {
  const watermarks = await world.resultWatermarks()
  const falls = watermarks.findIndex((watermark, i) => i > 0 && watermark <= (watermarks[i - 1] as number))
  return falls < 0 ? undefined : `the result's watermark falls from ${watermarks[falls - 1]} to ${watermarks[falls]}`
}

/** What one epoch holds back is bounded by what its rows can cause: an entry or a few a row and window. */
function checkStaged({ staged, options }: SimOutcome, expected: OracleResult): string | undefined {
  const { window } = options.workload.query
  const perRow =
    window?.kind === 'hop'
      ? window.sizeMs / window.slideMs
      : window?.kind === 'cumulate'
        ? window.sizeMs / window.stepMs
        : 1
  const bound = 20 + 6 * (options.workload.events.length * perRow + expected.rows.length)
  if (staged.recordsMax > bound) return `${staged.recordsMax} records were staged, more than ${bound}`
  if (staged.entriesMax > bound) return `${staged.entriesMax} entries were staged, more than ${bound}`
  return undefined
}

async function checkResults({ world, options }: SimOutcome, expected: OracleResult): Promise<string | undefined> {
  const { query } = options.workload
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

async function checkLateRows({ world, ledger }: SimOutcome, expected: OracleResult): Promise<string | undefined> {
  const [stream] = world.sideStreams('late-stream')
  if (stream === undefined) return undefined
  const column = (name: string): number => stream.schema.fields.findIndex((field) => field.name === name)
  const [id, start, end] = [column('id'), column('_window_start'), column('_window_end')]
  const found = (await world.sideRows(stream)).map(({ row }) => `${row[id]} [${row[start]},${row[end]})`).sort()
  const wanted = expected.late
    .map((pair) => `${(ledger[pair.seq] as StreamEvent).id} [${pair.start},${pair.end})`)
    .sort()
  if (found.join() === wanted.join()) return undefined
  return `late rows are ${found.join(' ')}, not ${wanted.join(' ')}`
}
