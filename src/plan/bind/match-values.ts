// What DEFINE and MEASURES say of the rows of a match: A.price, FIRST(A.price), SUM(A.price). Each is a value of the
// step, once however often it is written; the expressions around them are over the values.

import type { Call, ColumnRef, Expression as Node } from '../../../grammar/ast.ts'
import { must } from '../../core/assert.ts'
import type { SqlType } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { column } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import type { MatchValue } from '../physical/match-steps.ts'
import { AggregateList, placeholderNumber } from './bind-aggregate.ts'
import { bindExpression, type ExpressionContext, plainContext } from './bind-expression.ts'
import { patternVariable } from './bind-pattern.ts'
import type { BoundRelation } from './bind-relation.ts'
import type { Environment } from './environment.ts'
import type { Projection } from './projection.ts'
import { Scope } from './scope.ts'

/** Rows that FIRST and LAST may look away from the end that they count from. */
export const NAVIGATION_ROWS_MAX = 1_000

interface RowValue {
  readonly kind: 'row'
  readonly from: 'first' | 'last'
  readonly variable: number | undefined
  readonly offset: number
  /** Over the input. */
  readonly argument: Expression
}

interface AggregateValue {
  readonly kind: 'aggregate'
  readonly variable: number | undefined
  /** In the list of its variable. */
  readonly number: number
}

export class MatchValues {
  readonly #from: BoundRelation
  readonly #environment: Environment
  readonly #variables: ReadonlyMap<string, number>
  readonly #values: (RowValue | AggregateValue)[] = []
  readonly #positions = new Map<string, number>()
  readonly #aggregates = new Map<number | undefined, AggregateList>()

  constructor(from: BoundRelation, environment: Environment, variables: ReadonlyMap<string, number>) {
    this.#from = from
    this.#environment = environment
    this.#variables = variables
  }

  context(clause: 'DEFINE' | 'MEASURES', environment: Environment): ExpressionContext {
    return {
      ...plainContext(environment, this.#from.scope, clause),
      column: (node) => this.#row('last', node, 0),
      aggregate: (node) => this.#aggregate(node),
      call: (node) => this.#call(node),
    }
  }

  /** The values by position: what they are of become columns of the projection. */
  build(projection: Projection): readonly MatchValue[] {
    const calls = new Map([...this.#aggregates].map(([variable, list]) => [variable, list.calls(projection)]))
    return this.#values.map((one): MatchValue => {
      const { variable } = one
      if (one.kind === 'aggregate') {
        return { kind: 'aggregate', variable, call: must(calls.get(variable)?.[one.number], 'an aggregate') }
      }
      const { from, offset, argument } = one
      const { type } = argument
      return { kind: 'row', from, variable, offset, column: projection.position(argument), type }
    })
  }

  #call(node: Call): Expression | undefined {
    const { name } = node.name
    switch (name) {
      case 'first':
      case 'last':
        return this.#navigation(node, name)
      case 'match_rowtime':
        return this.#rowTime(node)
      case 'prev':
      case 'next':
        return notSupported(node.span, name.toUpperCase(), 'LAST(A.x, 1) is the row before the last one of A.')
      case 'classifier':
      case 'match_number':
        return notSupported(node.span, `${name.toUpperCase()}()`)
      default:
        return undefined
    }
  }

  /** `FIRST(A.price, 1)`: of the second row of A. */
  #navigation(node: Call, from: 'first' | 'last'): Expression {
    const [argument, offset] = node.arguments.map((one) => one.value)
    const isPlain = !node.star && !node.distinct && node.filter === undefined && node.over === undefined
    if (argument === undefined || node.arguments.length > 2 || !isPlain) {
      fail(
        node.span,
        'TYPE_MISMATCH',
        `${from.toUpperCase()} takes an expression of one variable, and a number of rows`,
        {
          hint: `${from.toUpperCase()}(A.price) or ${from.toUpperCase()}(A.price, 1)`,
        },
      )
    }
    if (offset === undefined) return this.#row(from, argument, 0)
    const rows = offset.kind === 'integer' ? Number(offset.value) : -1
    if (rows < 0 || rows > NAVIGATION_ROWS_MAX) {
      fail(
        offset.span,
        'INVALID_LITERAL',
        `this argument of ${from.toUpperCase()} is a number up to ${NAVIGATION_ROWS_MAX}`,
      )
    }
    return this.#row(from, argument, rows)
  }

  #rowTime(node: Call): Expression {
    if (node.arguments.length > 0) fail(node.span, 'TYPE_MISMATCH', 'MATCH_ROWTIME() takes no arguments')
    const time = must(this.#from.plan.schema.timeColumn, 'rows of a match have an event time')
    const argument = this.#from.scope.at(time)
    return this.#value({ kind: 'row', from: 'last', variable: undefined, offset: 0, argument }, argument.type)
  }

  #row(from: 'first' | 'last', node: Node, offset: number): Expression {
    const variable = this.#variableOf(node)
    const clause = node.kind === 'column' ? 'a pattern' : from.toUpperCase()
    const argument = bindExpression(node, plainContext(this.#environment, this.#scopeOf(variable), clause))
    return this.#value({ kind: 'row', from, variable, offset, argument }, argument.type)
  }

  #aggregate(node: Call): Expression {
    const variable = this.#variableOf(node)
    const bound = this.#listOf(variable).bind(node)
    const number = must(placeholderNumber(bound), 'an aggregate is a placeholder')
    return this.#value({ kind: 'aggregate', variable, number }, bound.type)
  }

  #listOf(variable: number | undefined): AggregateList {
    const known = this.#aggregates.get(variable)
    if (known !== undefined) return known
    const context = plainContext(this.#environment, this.#scopeOf(variable), 'an aggregate')
    const list = new AggregateList(context, this.#from.plan.schema.fields)
    this.#aggregates.set(variable, list)
    return list
  }

  #value(value: RowValue | AggregateValue, type: SqlType): Expression {
    const key = JSON.stringify(value)
    const position = this.#positions.get(key) ?? this.#values.length
    if (position === this.#values.length) {
      this.#values.push(value)
      this.#positions.set(key, position)
    }
    return column(position, type)
  }

  /** The columns of the input by the name of the variable, or as they are. */
  #scopeOf(variable: number | undefined): Scope {
    const { scope } = this.#from
    if (variable === undefined) return scope
    const qualifier = [...this.#variables.keys()][variable]
    const columns = scope.columns.map((one) => ({ ...one, qualifier }))
    return new Scope(columns, scope.timeColumn, scope.description)
  }

  /** The variable that the columns of an expression are of; undefined: the rows of all. */
  #variableOf(node: Node): number | undefined {
    const columns = columnsIn(node)
    const [first, ...others] = columns.map((one) => this.#variableOfColumn(one))
    const other = others.findIndex((one) => one !== first)
    if (other !== -1) {
      fail(columns[other + 1]?.span ?? node.span, 'INVALID_QUERY', 'all columns here are of the same variable', {
        hint: 'Look at the rows of each by themselves: SUM(A.price) + SUM(B.price).',
      })
    }
    return first
  }

  #variableOfColumn({ path: [first, second] }: ColumnRef): number | undefined {
    if (first === undefined || second === undefined) return undefined
    const { scope } = this.#from
    const isOther = scope.find(first.name).length > 0 || scope.hasQualifier(first.name)
    return isOther && !this.#variables.has(first.name) ? undefined : patternVariable(first, this.#variables)
  }
}

/** The columns that a tree names, from the left. */
function columnsIn(node: object): readonly ColumnRef[] {
  if ('kind' in node && node.kind === 'column') return [node as ColumnRef]
  return Object.values(node).flatMap((part: unknown) => {
    const parts: readonly unknown[] = Array.isArray(part) ? part : [part]
    return parts.flatMap((one) => (typeof one === 'object' && one !== null ? columnsIn(one) : []))
  })
}
