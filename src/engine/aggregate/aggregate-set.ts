import type { Column } from '../../core/batch.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Value } from '../../core/value.ts'
import type { AggregateCall } from '../../plan/physical/nodes.ts'
import type { CodegenMode } from '../expression/compile.ts'
import { type GeneratedAggregates, generateAggregates, type PlannedCall, planCalls } from './generate-aggregates.ts'
import { type AnyAggregate, aggregateOf } from './registry.ts'

/**
 * All aggregates of one query together: what operators work with. One accumulator holds a group.
 *
 * With code generation the accumulator is an object with a field for each number, and `add` one function; without, it
 * is a list of the functions' own accumulators. Both give the same results and the same bytes.
 */
export interface AggregateSet {
  create(): Accumulators
  /**
   * Takes one row of a batch in. Throws EvaluationError, and has changed nothing, when the row cannot be: the operator
   * sends it to the dead letter.
   */
  add(accumulators: Accumulators, columns: readonly Column[], row: number, timeMs: number): void
  /** Takes away a row that was added. Only for sets that were compiled as retractable. */
  retract(accumulators: Accumulators, columns: readonly Column[], row: number, timeMs: number): void
  /** Adds what `from` holds to `into`; `from` stays as it is. */
  merge(into: Accumulators, from: Accumulators): void
  /** One value a call. Throws EvaluationError where merged sums do not fit their type; changes nothing. */
  results(accumulators: Accumulators): Value[]
  encode(accumulators: Accumulators): Uint8Array
  /** Throws an Error that says what is wrong with the bytes. */
  decode(bytes: Uint8Array): Accumulators
}

declare const opaque: unique symbol
/** State of one group; only the set that made it knows what is inside. */
export interface Accumulators {
  readonly [opaque]: 'accumulators'
}

export interface AggregateSetOptions {
  /** True when rows may be taken away; some functions then have to keep every value. */
  readonly retractable: boolean
  readonly codegen?: CodegenMode
}

export function compileAggregates(calls: readonly AggregateCall[], options: AggregateSetOptions): AggregateSet {
  const aggregates = calls.map((call) => aggregateOf(call, options.retractable))
  const planned = planCalls(calls, aggregates, options.retractable)
  const generated = options.codegen === 'off' ? undefined : generateAggregates(planned)
  return generated === undefined ? interpretedSet(planned) : generatedSet(planned, generated)
}

function generatedSet(planned: readonly PlannedCall[], generated: GeneratedAggregates): AggregateSet {
  const codec = rowCodec(planned.flatMap(({ aggregate }) => aggregate.stateTypes))
  const { make, add, retract, merge, results } = generated as unknown as GeneratedSteps
  const called = planned.filter(({ inline }) => inline === undefined)
  const initial = planned.flatMap<unknown>(({ inline }) => inline?.initial ?? [undefined])
  return {
    create: () => {
      if (called.length === 0) return make(initial)
      const fields = [...initial]
      for (const { aggregate, field } of called) fields[field] = aggregate.create()
      return make(fields)
    },
    add,
    retract,
    merge,
    results,
    encode: (accumulators) => codec.encode(stateOf(planned, generated.fields(accumulators))),
    decode: (bytes) => make(fieldsOfState(planned, codec.decode(bytes))),
  }
}

/** The generated functions, with accumulators as the opaque type. */
interface GeneratedSteps extends Pick<AggregateSet, 'add' | 'retract' | 'merge' | 'results'> {
  readonly make: (fields: readonly unknown[]) => Accumulators
}

function stateOf(planned: readonly PlannedCall[], fields: readonly unknown[]): Value[] {
  const state: Value[] = []
  for (const { aggregate, inline, field } of planned) {
    if (inline === undefined) state.push(...aggregate.toState(fields[field]))
    else for (let i = 0; i < inline.initial.length; i++) state.push(fields[field + i] as Value)
  }
  return state
}

function fieldsOfState(planned: readonly PlannedCall[], state: readonly Value[]): unknown[] {
  const fields: unknown[] = []
  let at = 0
  for (const { aggregate, inline } of planned) {
    const end = at + aggregate.stateTypes.length
    if (inline === undefined) fields.push(aggregate.fromState(state.slice(at, end)))
    else fields.push(...state.slice(at, end))
    at = end
  }
  return fields
}

// ---- without code generation -------------------------------------------------------------------------------------

function interpretedSet(planned: readonly PlannedCall[]): AggregateSet {
  const codec = rowCodec(planned.flatMap(({ aggregate }) => aggregate.stateTypes))
  const steps = planned.map(({ call, aggregate }) => interpretedStep(call, aggregate))
  const listOf = (accumulators: Accumulators): unknown[] => accumulators as unknown as unknown[]
  const wrap = (list: unknown[]): Accumulators => list as unknown as Accumulators
  return {
    create: () => wrap(planned.map(({ aggregate }) => aggregate.create())),
    add: (accumulators, columns, row, timeMs) => {
      const list = listOf(accumulators)
      for (const [i, step] of steps.entries()) step.check(list[i], columns, row)
      for (const [i, step] of steps.entries()) step.add(list[i], columns, row, timeMs)
    },
    retract: (accumulators, columns, row, timeMs) => {
      const list = listOf(accumulators)
      for (const [i, step] of steps.entries()) step.retract(list[i], columns, row, timeMs)
    },
    merge: (into, from) => {
      for (const [i, { aggregate }] of planned.entries()) aggregate.merge(listOf(into)[i], listOf(from)[i])
    },
    results: (accumulators) => planned.map(({ aggregate }, i) => aggregate.finish(listOf(accumulators)[i])),
    encode: (accumulators) =>
      codec.encode(planned.flatMap(({ aggregate }, i) => [...aggregate.toState(listOf(accumulators)[i])])),
    decode: (bytes) => {
      const state = codec.decode(bytes)
      let at = 0
      return wrap(
        planned.map(({ aggregate }) => {
          const end = at + aggregate.stateTypes.length
          const accumulator = aggregate.fromState(state.slice(at, end))
          at = end
          return accumulator
        }),
      )
    },
  }
}

interface InterpretedStep {
  check(accumulator: unknown, columns: readonly Column[], row: number): void
  add(accumulator: unknown, columns: readonly Column[], row: number, timeMs: number): void
  retract(accumulator: unknown, columns: readonly Column[], row: number, timeMs: number): void
}

function interpretedStep(call: AggregateCall, aggregate: AnyAggregate): InterpretedStep {
  const argument = (index: 0 | 1, columns: readonly Column[], row: number): Value => {
    const column = call.arguments[index]
    return column === undefined ? null : ((columns[column] as Column)[row] as Value)
  }
  const counts = (columns: readonly Column[], row: number): boolean => {
    if (call.filter !== undefined && (columns[call.filter] as Column)[row] !== true) return false
    return !aggregate.ignoresNulls || argument(0, columns, row) !== null
  }
  return {
    check: (accumulator, columns, row) => {
      if (counts(columns, row)) aggregate.check?.(accumulator, argument(0, columns, row), argument(1, columns, row))
    },
    add: (accumulator, columns, row, timeMs) => {
      if (!counts(columns, row)) return
      aggregate.add(accumulator, argument(0, columns, row), argument(1, columns, row), timeMs)
    },
    retract: (accumulator, columns, row, timeMs) => {
      if (!counts(columns, row)) return
      aggregate.retract(accumulator, argument(0, columns, row), argument(1, columns, row), timeMs)
    },
  }
}
