import { presentComparator } from '../../core/compare.ts'
import { addExact, SAFE_MAX, subtractExact } from '../../core/exact.ts'
import type { SqlType } from '../../core/type.ts'
import type { ExactInteger, Value } from '../../core/value.ts'
import type { AggregateCall } from '../../plan/physical/nodes.ts'
import { type Code, code, fieldName } from '../expression/code.ts'
import type { Body } from '../expression/function.ts'
import { fitter } from '../expression/functions/arithmetic.ts'
import { needsDistinct } from './registry.ts'
import { averageOf } from './sum.ts'

/**
 * The aggregates that generated code does in place: COUNT, SUM and AVG of exact numbers, MIN and MAX of an input that
 * only grows. Their fields are, in order, what `toState` of the same function gives, so both write the same state.
 *
 * A step has two parts, as `check` and `add`: `prepare` may throw and changes nothing, `commit` does not fail.
 */
export interface InlineAggregate {
  readonly initial: readonly Value[]
  /** Adds (or takes away) `value`, which is not null there. */
  step(fields: Fields, value: Code, tools: Tools, retract: boolean): Step
  merge(into: Fields, from: Fields, tools: Tools): Code
  result(fields: Fields, tools: Tools): Code
}

export interface Step {
  /** Statements before anything changes. */
  readonly prepare: Code | undefined
  readonly commit: Code
}

/** Code of the accumulator's field by its number within the aggregate. */
export type Fields = (index: number) => Code

export interface Tools {
  name(): Code
  function(body: Body): Code
  /** Declares a variable outside of the conditions, for what `prepare` hands to `commit`. */
  declare(name: Code): void
}

export function fieldsOf(accumulator: Code, first: number): Fields {
  return (index) => code`${accumulator}.${fieldName(first + index)}`
}

/** Undefined where the function has to be called. */
export function inlineAggregate(call: AggregateCall, retractable: boolean): InlineAggregate | undefined {
  if (needsDistinct(call)) return undefined
  const type = call.argumentTypes[0]
  if (call.function === 'count') return COUNT
  if (type === undefined) return undefined
  const exact = type.kind === 'int' || type.kind === 'bigint' || type.kind === 'decimal'
  if (call.function === 'sum' && exact) {
    const inRange = fitter(call.type)
    return exactSum(inRange, (total) => inRange(total))
  }
  if (call.function === 'avg' && exact) return exactSum((total) => total, averageOf(type, call.type))
  if (call.function === 'min' && !retractable) return extreme(type, false)
  if (call.function === 'max' && !retractable) return extreme(type, true)
  return undefined
}

const COUNT: InlineAggregate = {
  initial: [0],
  step: (fields, _value, _tools, retract) => ({
    prepare: undefined,
    commit: retract ? code`${fields(0)} = ${fields(0)} - 1;` : code`${fields(0)} = ${fields(0)} + 1;`,
  }),
  merge: (into, from) => code`${into(0)} = ${into(0)} + ${from(0)};`,
  result: (fields) => fields(0),
}

function exactSum(
  inRange: (total: ExactInteger) => ExactInteger,
  finish: (total: ExactInteger, count: number) => Value,
): InlineAggregate {
  const checkedAdd = ((a: ExactInteger, b: ExactInteger) => inRange(addExact(a, b))) as Body
  const next = (sum: Code, value: Code, total: Code, slow: Code, minus: boolean): Code => {
    const fast = minus ? code`${sum} - ${value}` : code`${sum} + ${value}`
    return code`if (typeof ${sum} === 'number' && typeof ${value} === 'number') {
${total} = ${fast};
if (${total} > ${SAFE_MAX} || ${total} < ${-SAFE_MAX}) ${total} = ${slow}(${sum}, ${value});
} else ${total} = ${slow}(${sum}, ${value});`
  }
  return {
    initial: [0, 0],
    step: (fields, value, tools, retract) => {
      const total = tools.name()
      tools.declare(total)
      const slow = tools.function(retract ? (subtractExact as Body) : checkedAdd)
      const count = retract ? code`${fields(1)} - 1` : code`${fields(1)} + 1`
      return {
        prepare: next(fields(0), value, total, slow, retract),
        commit: code`${fields(0)} = ${total};\n${fields(1)} = ${count};`,
      }
    },
    merge: (into, from, tools) => {
      const total = tools.name()
      const slow = tools.function(addExact as Body)
      return code`let ${total} = 0;
${next(into(0), from(0), total, slow, false)}
${into(0)} = ${total};
${into(1)} = ${into(1)} + ${from(1)};`
    },
    result: (fields, tools) =>
      code`${fields(1)} === 0 ? null : ${tools.function(finish as Body)}(${fields(0)}, ${fields(1)})`,
  }
}

function extreme(type: SqlType, greatest: boolean): InlineAggregate {
  const replace = (field: Code, value: Code, tools: Tools): Code =>
    code`if (${field} === null || ${beats(type, greatest, value, field, tools)}) ${field} = ${value};`
  return {
    initial: [null],
    step: (fields, value, tools) => ({ prepare: undefined, commit: replace(fields(0), value, tools) }),
    merge: (into, from, tools) => code`if (${from(0)} !== null) {\n${replace(into(0), from(0), tools)}\n}`,
    result: (fields) => fields(0),
  }
}

function beats(type: SqlType, greatest: boolean, value: Code, kept: Code, tools: Tools): Code {
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
      return greatest ? code`${value} > ${kept}` : code`${value} < ${kept}`
    case 'double':
      // NaN is above all: it beats every maximum, and every minimum that is NaN is beaten.
      return greatest
        ? code`${value} > ${kept} || ${value} !== ${value}`
        : code`${value} < ${kept} || ${kept} !== ${kept}`
    default: {
      const compare = tools.function(presentComparator(type) as Body)
      return greatest ? code`${compare}(${value}, ${kept}) > 0` : code`${compare}(${value}, ${kept}) < 0`
    }
  }
}
