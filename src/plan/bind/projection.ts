// The columns that an aggregate or a TOP-N reads: those of its input as they are, computed ones behind them, each once.

import { column } from '../expression-tree.ts'
import { type LogicalPlan, project } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import { isNullable } from './nullable.ts'

export class Projection {
  readonly #input: LogicalPlan
  readonly #computed: Expression[] = []
  readonly #positions = new Map<string, number>()

  constructor(input: LogicalPlan) {
    this.#input = input
  }

  /** Where the value of an expression over the input is found. */
  position(expression: Expression): number {
    if (expression.kind === 'column') return expression.index
    const key = JSON.stringify(expression)
    const known = this.#positions.get(key)
    if (known !== undefined) return known
    const position = this.#input.schema.fields.length + this.#computed.length
    this.#computed.push(expression)
    this.#positions.set(key, position)
    return position
  }

  build(): LogicalPlan {
    if (this.#computed.length === 0) return this.#input
    const { fields } = this.#input.schema
    const names = this.#computed.map((one, i) => ({ name: `_expr${i}`, nullable: isNullable(one, fields) }))
    const columns = fields.map((field, i) => column(i, field.type))
    return project(this.#input, [...columns, ...this.#computed], [...fields, ...names])
  }
}
