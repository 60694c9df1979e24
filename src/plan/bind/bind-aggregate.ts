// Aggregate calls of one select: each is bound once, and stands in expressions as a placeholder until it is known at
// which column it comes out.

import type { Call } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { assert, must } from '../../core/assert.ts'
import type { Field } from '../../core/schema.ts'
import { BOOLEAN, type SqlType, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { call, isUnknownParameter, literal } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import type { AggregateCall } from '../physical/nodes.ts'
import { type AggregateFunction, aggregateFunction } from './aggregates.ts'
import { bindCondition, bindExpression, type ExpressionContext, plainContext } from './bind-expression.ts'
import { castTo } from './cast.ts'
import { isNullable } from './nullable.ts'
import type { Projection } from './projection.ts'
import { resolveSignature, usage } from './signature.ts'

/** Function of the placeholder call; its argument is the number of the aggregate. Never leaves the binder. */
const AGGREGATE_PLACEHOLDER = '$aggregate'

export interface BoundAggregate {
  readonly function: AggregateFunction
  readonly arguments: readonly Expression[]
  readonly constants: readonly Expression[]
  readonly distinct: boolean
  readonly filter: Expression | undefined
  readonly type: SqlType
}

/** Functions that see each value once anyway, or only the extreme one. */
const DISTINCT_WITHOUT_EFFECT = new Set(['min', 'max', 'bool_and', 'bool_or', 'collect_set', 'approx_count_distinct'])

/** Number of the aggregate that an expression stands for; undefined for every other expression. */
export function placeholderNumber(expression: Expression): number | undefined {
  if (expression.kind !== 'call' || expression.function !== AGGREGATE_PLACEHOLDER) return undefined
  const number = expression.arguments[0]
  assert(number?.kind === 'literal', 'a placeholder has a number')
  return Number(number.value)
}

export class AggregateList {
  readonly #bound: BoundAggregate[] = []
  readonly #numbers = new Map<string, number>()
  readonly #context: ExpressionContext
  readonly #fields: readonly Field[]

  constructor(context: ExpressionContext, fields: readonly Field[]) {
    this.#context = plainContext(context.environment, context.scope, 'an aggregate')
    this.#fields = fields
  }

  get count(): number {
    return this.#bound.length
  }

  get types(): readonly SqlType[] {
    return this.#bound.map((one) => one.type)
  }

  bind(node: Call): Expression {
    const bound = this.#bindCall(node)
    const key = JSON.stringify({ ...bound, function: bound.function.id })
    const number = this.#numbers.get(key) ?? this.#bound.length
    if (number === this.#bound.length) {
      this.#bound.push(bound)
      this.#numbers.set(key, number)
    }
    return call(AGGREGATE_PLACEHOLDER, [literal(number, { kind: 'int' })], bound.type)
  }

  /** The calls by position: their arguments become columns of the projection. */
  calls(projection: Projection): readonly AggregateCall[] {
    return this.#bound.map((one) => ({
      function: one.function.id,
      arguments: one.arguments.map((argument) => projection.position(argument)),
      argumentTypes: one.arguments.map((argument) => argument.type),
      constants: one.constants,
      distinct: one.distinct,
      filter: one.filter === undefined ? undefined : projection.position(one.filter),
      type: one.type,
    }))
  }

  #bindCall(node: Call): BoundAggregate {
    const entry = must(aggregateFunction(node.name.name), 'a known aggregate')
    if (node.star && entry.id !== 'count') fail(node.span, 'TYPE_MISMATCH', `only COUNT takes *, not ${entry.id}`)
    if (node.orderBy[0] !== undefined) {
      notSupported(node.orderBy[0].span, 'ORDER BY in an aggregate', 'Values come in order of arrival.')
    }
    if (node.distinct && node.arguments.length === 0) fail(node.span, 'TYPE_MISMATCH', 'DISTINCT needs an argument')
    const args = node.arguments.map((one) => bindExpression(one.value, this.#context))
    const resolved = resolveSignature(
      entry.signatures,
      args.map((one) => one.type),
    )
    if (resolved === undefined) {
      fail(node.span, 'TYPE_MISMATCH', `there is no ${entry.id}(${args.map((one) => typeName(one.type)).join(', ')})`, {
        hint: usage(entry),
      })
    }
    const cast = args.map((one, i) => castTo(one, must(resolved.argumentTypes[i], 'a type an argument')))
    const isConstant = (i: number) => resolved.signature.parameters[i]?.constant === true
    const constants = cast.filter((_, i) => isConstant(i))
    for (const [i, one] of cast.entries())
      if (isConstant(i)) checkConstant(one, entry.id, must(node.arguments[i], 'argument').span)
    const values = cast.filter((_, i) => !isConstant(i))
    const filter = node.filter && bindCondition(node.filter, { ...this.#context, clause: 'FILTER' }, 'FILTER')
    const distinct = node.distinct && !DISTINCT_WITHOUT_EFFECT.has(entry.id)
    return {
      function: entry,
      // COUNT of what is never NULL is COUNT(*), and need not read the column.
      arguments: entry.id === 'count' && !distinct ? values.filter((one) => isNullable(one, this.#fields)) : values,
      constants,
      distinct,
      filter: filter && castTo(filter, BOOLEAN),
      type: entry.resultType?.(resolved.argumentTypes) ?? resolved.type,
    }
  }
}

function checkConstant(expression: Expression, name: string, span: Span): void {
  const inner = expression.kind === 'cast' ? expression.operand : expression
  if (isUnknownParameter(inner)) return
  if (inner.kind !== 'literal' || inner.value === null) {
    fail(span, 'TYPE_MISMATCH', `this argument of ${name} is a constant`)
  }
  const isFraction = name === 'percentile' || name === 'approx_percentile'
  if (!isFraction || typeof inner.value !== 'number') return
  const fraction = inner.type.kind === 'decimal' ? inner.value / 10 ** inner.type.scale : inner.value
  if (fraction < 0 || fraction > 1) {
    fail(span, 'INVALID_LITERAL', `the fraction of ${name} is from 0 to 1`, { hint: 'The 95th percentile is 0.95.' })
  }
}
