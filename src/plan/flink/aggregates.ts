// Aggregates as Flink has them. Arguments are cast so that a result has Weir's type: Flink's SUM of INT is an INT, and
// its AVG of whole numbers is cut.

import type { Schema } from '../../core/schema.ts'
import { BIGINT, DOUBLE, isInteger } from '../../core/type.ts'
import { aggregateFunction } from '../bind/aggregates.ts'
import type { AggregateCall } from '../physical/nodes.ts'
import { castSql } from './casts.ts'
import { expressionSql } from './expressions.ts'
import { findOver, Gap } from './gap.ts'
import { atom, composite, operand, type Sql } from './text.ts'

type WriteAggregate = (args: readonly Sql[], call: AggregateCall, sign: Signed) => Sql
/** `(DISTINCT x) FILTER (WHERE …)` behind a name. */
type Signed = (name: string, args: readonly string[]) => string

const same =
  (name: string): WriteAggregate =>
  (args, _, signed) =>
    atom(
      signed(
        name,
        args.map(({ text }) => text),
      ),
    )

/** TRUE when all are, or when one is: Flink compares no booleans. */
const truth =
  (name: 'MIN' | 'MAX'): WriteAggregate =>
  ([arg], _, signed) =>
    composite(`${signed(name, [`CASE WHEN ${arg?.text} THEN 1 WHEN NOT ${operand(arg as Sql)} THEN 0 END`])} = 1`)

const AGGREGATES: Readonly<Record<string, WriteAggregate>> = {
  count: (args, _, signed) => atom(signed('COUNT', args.length === 0 ? ['*'] : args.map(({ text }) => text))),
  sum: ([arg], { argumentTypes: [type] }, signed) => atom(signed('SUM', [widened(arg as Sql, type).text])),
  avg: ([arg], { argumentTypes: [type] }, signed) =>
    atom(
      signed('AVG', [type !== undefined && isInteger(type) ? castSql(arg as Sql, type, DOUBLE).text : `${arg?.text}`]),
    ),
  min: same('MIN'),
  max: same('MAX'),
  stddev_samp: same('STDDEV_SAMP'),
  stddev_pop: same('STDDEV_POP'),
  variance_samp: same('VAR_SAMP'),
  variance_pop: same('VAR_POP'),
  array_agg: same('ARRAY_AGG'),
  string_agg: ([arg], { constants: [separator] }, signed) =>
    atom(signed('LISTAGG', [`${arg?.text}`, separator === undefined ? "','" : expressionSql(separator, []).text])),
  bool_and: truth('MIN'),
  bool_or: truth('MAX'),
}

/** Why another aggregate has no equal, where that is not plain. */
const HINTS: Readonly<Record<string, string>> = {
  first_value: 'In Flink it is the first to arrive, not the earliest; DEDUPLICATE or ROW_NUMBER() may do.',
  last_value: 'In Flink it is the last to arrive, not the latest; DEDUPLICATE or ROW_NUMBER() may do.',
  approx_count_distinct: 'COUNT(DISTINCT …) counts exactly in both.',
}

function widened(arg: Sql, type: AggregateCall['argumentTypes'][number] | undefined): Sql {
  return type?.kind === 'int' ? castSql(arg, type, BIGINT) : arg
}

export function aggregateSql(call: AggregateCall, columns: readonly Sql[], schema: Schema): Sql {
  const write = Object.hasOwn(AGGREGATES, call.function) ? AGGREGATES[call.function] : undefined
  if (write === undefined) throw aggregateGap(call.function)
  if (call.function === 'sum' && schema.fields[call.arguments[0] ?? -1]?.type.kind === 'interval') {
    throw new Gap('a sum of intervals')
  }
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${columns[call.filter]?.text})`
  const signed: Signed = (name, args) => `${name}(${call.distinct ? 'DISTINCT ' : ''}${args.join(', ')})${filter}`
  return write(
    call.arguments.map((index) => columns[index] as Sql),
    call,
    signed,
  )
}

/** Flink has no FILTER in front of OVER: what is left out is NULL instead, which all aggregates pass over. */
export function overSql(call: AggregateCall, columns: readonly Sql[], schema: Schema, window: string): Sql {
  if (call.distinct) throw new Gap('DISTINCT in an aggregate with OVER', { find: findOver((one) => one.distinct) })
  const { filter, ...rest } = call
  if (filter !== undefined && call.arguments.length === 0)
    throw new Gap('COUNT(*) with FILTER and OVER', { find: findOver((one) => one.star && one.filter !== undefined) })
  const filtered =
    filter === undefined
      ? columns
      : columns.map(({ text }, i) =>
          call.arguments.includes(i)
            ? atom(`CASE WHEN ${columns[filter]?.text} THEN ${text} END`)
            : { text, atom: true },
        )
  const { text, atom: plain } = aggregateSql({ ...rest, filter: undefined }, filtered, schema)
  if (!plain) throw aggregateGap(call.function)
  return atom(`${text} OVER (${window})`)
}

function aggregateGap(id: string): Gap {
  return new Gap(`aggregate "${id}"`, {
    hint: HINTS[id],
    find: (node) => node.kind === 'call' && 'name' in node && isFunction(name(node.name), id),
  })
}

/** Ranks are functions of OVER alone, and have one name. */
function isFunction(written: string, id: string): boolean {
  return (aggregateFunction(written)?.id ?? written) === id
}

function name(node: unknown): string {
  return typeof node === 'object' && node !== null && 'name' in node ? String(node.name) : ''
}
