import type { Schema } from '../../core/schema.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { Row, Value } from '../../core/value.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import { type MatchRecognizeStep, type MatchValue, valuesOf } from '../../plan/physical/match-steps.ts'
import { type Accumulators, type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import { compileScalar, type EvalContext, type ScalarEvaluator } from '../expression/compile.ts'

/** Rows of one key, by their number in the order of the key. */
export interface KeyRows {
  rowAt(at: number): { readonly row: Row; readonly time: EventTimeMs }
}

/** Rows that match so far: which they are, and as what. Never changed, so that those that begin alike share it. */
export interface MatchedRows {
  /** Number of the first row; the others follow it. */
  readonly begin: number
  readonly length: number
  /** The last run. */
  readonly run: Run
  /** Aggregates of the rows, of those that conditions look at. */
  readonly sums: readonly Accumulators[]
}

/** Rows in a row that are of one variable: what a long match takes up does not depend on how long it is. */
interface Run {
  readonly variable: number
  /** How many rows of the match are before it. */
  readonly start: number
  readonly length: number
  readonly before: Run | undefined
  /** How many runs there are up to it. */
  readonly count: number
}

/** How much of memory the rows take up, as a number of runs. */
export function sizeOf(matched: MatchedRows | undefined): number {
  return matched?.run.count ?? 0
}

/** Number of the last row. */
export function lastOf({ begin, length }: MatchedRows): number {
  return begin + length - 1
}

/** Number of the first or last row of a variable. */
export function rowOf(matched: MatchedRows, variable: number, from: 'first' | 'last'): number | undefined {
  const place = placeOf(matched, { variable, from, offset: 0 })
  return place === undefined ? undefined : matched.begin + place
}

/** Aggregates over the rows of one variable, or of all: where their results go among the values. */
interface Totals {
  readonly variable: number | undefined
  readonly set: AggregateSet
  readonly positions: readonly number[]
}

interface Condition {
  readonly evaluate: ScalarEvaluator
  readonly rowValues: readonly number[]
  /** Positions in the list of totals. */
  readonly totals: readonly number[]
  /** It looks at the row that is tested alone: the same for all partial matches. */
  readonly isLocal: boolean
}

/** DEFINE and MEASURES of one step, over the rows of partial matches. */
export class MatchRows {
  /** No condition looks back: of two partial matches in one state the less preferred will never be chosen. */
  readonly isMemoryless: boolean
  readonly #values: readonly MatchValue[]
  readonly #conditions: readonly (Condition | undefined)[]
  readonly #measures: readonly ScalarEvaluator[]
  /** What conditions look at goes along with each partial match; the rest is added up when there is a match. */
  readonly #totals: readonly Totals[]
  readonly #finalTotals: readonly Totals[]
  readonly #noSums: readonly Accumulators[]
  readonly #clock: EvalContext
  /** The values, while an expression is computed. */
  readonly #scratch: Value[]
  /** One row as columns, for the aggregates. */
  readonly #columns: Value[][]
  /** Local conditions on the row at hand, by variable. */
  #known: (boolean | undefined)[] = []

  constructor(step: MatchRecognizeStep, input: Schema, clock: EvalContext) {
    const { values, conditions, measures } = step
    this.#values = values
    this.#clock = clock
    const ofConditions = new Set(conditions.flatMap((one) => [...valuesOf(one)]))
    const positions = values.map((_, position) => position)
    this.#totals = totalsOf(values, (position) => ofConditions.has(position))
    this.#finalTotals = totalsOf(values, (position) => !ofConditions.has(position))
    this.#noSums = this.#totals.map(({ set }) => set.create())
    this.#conditions = conditions.map((one, variable) => this.#conditionOf(one, variable))
    this.#measures = measures.map((one) => compileScalar(one))
    this.isMemoryless = this.#conditions.every((one) => one === undefined || one.isLocal)
    this.#scratch = positions.map(() => null)
    this.#columns = input.fields.map(() => [null])
  }

  /** What comes from now on is about the next row. */
  begin(): void {
    this.#known = []
  }

  /**
   * One row more, as one of the variable, if its condition is TRUE. Throws EvaluationError when that can't be computed.
   */
  extend(before: MatchedRows | undefined, variable: number, at: number, rows: KeyRows): MatchedRows | undefined {
    const condition = this.#conditions[variable]
    const known = condition?.isLocal ? this.#known[variable] : undefined
    if (known === false) return undefined
    const length = (before?.length ?? 0) + 1
    const run = runWith(before?.run, variable, length - 1)
    const sums = this.#sumsWith(before?.sums ?? this.#noSums, variable, at, rows)
    const extended: MatchedRows = { begin: before?.begin ?? at, length, run, sums }
    if (condition === undefined || known === true) return extended
    if (condition.isLocal) this.#known[variable] = false
    for (const position of condition.rowValues) this.#scratch[position] = this.#rowValue(position, extended, rows)
    for (const i of condition.totals) this.#take(this.#totals[i] as Totals, sums[i] as Accumulators)
    const holds = condition.evaluate(this.#scratch, this.#clock) === true
    if (condition.isLocal) this.#known[variable] = holds
    return holds ? extended : undefined
  }

  /** Throws EvaluationError when a measure can't be computed. */
  measure(match: MatchedRows, rows: KeyRows): Value[] {
    for (const [position, { kind }] of this.#values.entries()) {
      if (kind === 'row') this.#scratch[position] = this.#rowValue(position, match, rows)
    }
    for (const [i, totals] of this.#totals.entries()) this.#take(totals, match.sums[i] as Accumulators)
    for (const totals of this.#finalTotals) this.#take(totals, this.#sumUp(totals, match, rows))
    return this.#measures.map((evaluate) => evaluate(this.#scratch, this.#clock))
  }

  #conditionOf(expression: Expression, variable: number): Condition | undefined {
    if (expression.kind === 'literal' && expression.value === true) return undefined
    const positions = [...valuesOf(expression)]
    return {
      evaluate: compileScalar(expression),
      rowValues: positions.filter((position) => this.#values[position]?.kind === 'row'),
      totals: this.#totals.flatMap((one, i) => (one.positions.some((each) => positions.includes(each)) ? [i] : [])),
      isLocal: positions.every((position) => isOfTestedRow(this.#values[position] as MatchValue, variable)),
    }
  }

  #sumsWith(known: readonly Accumulators[], variable: number, at: number, rows: KeyRows): readonly Accumulators[] {
    if (known.length === 0) return known
    return this.#totals.map((totals, i) => {
      const sum = known[i] as Accumulators
      if (totals.variable !== undefined && totals.variable !== variable) return sum
      const added = totals.set.create()
      totals.set.merge(added, sum)
      this.#add(totals.set, added, at, rows)
      return added
    })
  }

  #sumUp({ variable, set }: Totals, match: MatchedRows, rows: KeyRows): Accumulators {
    const sum = set.create()
    const runs: Run[] = []
    for (let run: Run | undefined = match.run; run !== undefined; run = run.before) runs.push(run)
    for (const run of runs.reverse()) {
      if (variable !== undefined && run.variable !== variable) continue
      const first = match.begin + run.start
      for (let at = first; at < first + run.length; at++) this.#add(set, sum, at, rows)
    }
    return sum
  }

  #add(set: AggregateSet, sum: Accumulators, at: number, rows: KeyRows): void {
    const { row, time } = rows.rowAt(at)
    for (let i = 0; i < this.#columns.length; i++) (this.#columns[i] as Value[])[0] = row[i] as Value
    set.add(sum, this.#columns, 0, time)
  }

  #take({ set, positions }: Totals, sum: Accumulators): void {
    const results = set.results(sum)
    for (const [i, position] of positions.entries()) this.#scratch[position] = results[i] as Value
  }

  #rowValue(position: number, matched: MatchedRows, rows: KeyRows): Value {
    const value = this.#values[position] as Extract<MatchValue, { kind: 'row' }>
    const place = placeOf(matched, value)
    return place === undefined ? null : (rows.rowAt(matched.begin + place).row[value.column] as Value)
  }
}

function runWith(run: Run | undefined, variable: number, start: number): Run {
  if (run?.variable !== variable) return { variable, start, length: 1, before: run, count: (run?.count ?? 0) + 1 }
  return { variable, start: run.start, length: run.length + 1, before: run.before, count: run.count }
}

/** How many rows of the match are before the one that is meant. */
function placeOf(
  { length, run }: MatchedRows,
  { variable, from, offset }: Pick<Extract<MatchValue, { kind: 'row' }>, 'variable' | 'from' | 'offset'>,
): number | undefined {
  if (variable === undefined) {
    if (offset >= length) return undefined
    return from === 'first' ? offset : length - 1 - offset
  }
  let left = from === 'first' ? rowsOfVariable(run, variable) - 1 - offset : offset
  if (left < 0) return undefined
  for (let one: Run | undefined = run; one !== undefined; one = one.before) {
    if (one.variable !== variable) continue
    if (left < one.length) return one.start + one.length - 1 - left
    left -= one.length
  }
  return undefined
}

function rowsOfVariable(last: Run, variable: number): number {
  let rows = 0
  for (let run: Run | undefined = last; run !== undefined; run = run.before) {
    if (run.variable === variable) rows += run.length
  }
  return rows
}

function isOfTestedRow(value: MatchValue, variable: number): boolean {
  if (value.kind === 'aggregate' || value.from === 'first' || value.offset > 0) return false
  return value.variable === undefined || value.variable === variable
}

/** Aggregates at these positions, those of one variable together. */
function totalsOf(values: readonly MatchValue[], isMeant: (position: number) => boolean): readonly Totals[] {
  const aggregates = values.flatMap((value, position) =>
    value.kind === 'aggregate' && isMeant(position) ? [{ ...value, position }] : [],
  )
  return [...Map.groupBy(aggregates, ({ variable }) => variable)].map(([variable, own]) => ({
    variable,
    set: compileAggregates(
      own.map(({ call }) => call),
      { retractable: false },
    ),
    positions: own.map(({ position }) => position),
  }))
}
