// Which columns a name can mean. A scope is the output of FROM: columns by position, with the name of the relation
// that each comes from.

import type { ColumnRef, Identifier } from '../../../grammar/ast.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { column } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import { didYouMean } from './did-you-mean.ts'

export interface ScopeColumn {
  readonly qualifier: string | undefined
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  /** USING has joined it with one of the same name: it is found by its relation's name only, and not part of `*`. */
  readonly hidden?: boolean | undefined
}

export class Scope {
  readonly columns: readonly ScopeColumn[]
  readonly timeColumn: number | undefined
  /** How messages call it: `stream "orders"`, `query`. */
  readonly description: string

  constructor(columns: readonly ScopeColumn[], timeColumn: number | undefined, description: string) {
    this.columns = columns
    this.timeColumn = timeColumn
    this.description = description
  }

  static of(schema: Schema, qualifier: string | undefined, description: string): Scope {
    const columns = schema.fields.map((field) => ({ qualifier, ...field }))
    return new Scope(columns, schema.timeColumn, description)
  }

  /** Positions of the columns with this name. */
  find(name: string, qualifier?: string): readonly number[] {
    const found: number[] = []
    for (const [i, one] of this.columns.entries()) {
      if (one.name === name && (qualifier === undefined ? one.hidden !== true : one.qualifier === qualifier))
        found.push(i)
    }
    return found
  }

  hasQualifier(name: string): boolean {
    return this.columns.some((one) => one.qualifier === name)
  }

  /** A column and, after it, fields of structs. */
  resolve(ref: ColumnRef): Expression {
    const [first, second] = ref.path as [Identifier, Identifier | undefined]
    if (second !== undefined && this.hasQualifier(first.name)) {
      const found = this.find(second.name, first.name)
      if (found.length > 0) return this.#fields(this.#single(found, ref, second.name), ref.path.slice(2))
      const candidates = this.columns.filter((one) => one.qualifier === first.name).map((one) => one.name)
      fail(ref.span, 'UNKNOWN_COLUMN', `"${first.name}" has no column "${second.name}"`, {
        hint: didYouMean(second.name, candidates, 'Its columns'),
      })
    }
    const found = this.find(first.name)
    if (found.length > 0) return this.#fields(this.#single(found, ref, first.name), ref.path.slice(1))
    if (first.name === 'rowtime' && second === undefined && this.timeColumn !== undefined) {
      return this.at(this.timeColumn)
    }
    this.#unknown(ref, first, second)
  }

  at(index: number): Expression {
    return column(index, (this.columns[index] as ScopeColumn).type)
  }

  #single(found: readonly number[], ref: ColumnRef, name: string): Expression {
    if (found.length === 1) return this.at(found[0] as number)
    const qualifiers = [...new Set(found.flatMap((index) => this.columns[index]?.qualifier ?? []))]
    if (qualifiers.length > 1) {
      fail(ref.span, 'AMBIGUOUS_COLUMN', `column "${name}" is in more than one relation`, {
        hint: `Write ${qualifiers.map((one) => `${one}.${name}`).join(' or ')}.`,
      })
    }
    fail(ref.span, 'AMBIGUOUS_COLUMN', `${this.description} has more than one column "${name}"`, {
      hint: 'Give one of them another name with AS.',
    })
  }

  #fields(root: Expression, path: readonly Identifier[]): Expression {
    return path.reduce(fieldOf, root)
  }

  #unknown(ref: ColumnRef, first: Identifier, second: Identifier | undefined): never {
    if (second !== undefined) {
      const relations = [...new Set(this.columns.flatMap((one) => one.qualifier ?? []))]
      fail(first.span, 'UNKNOWN_RELATION', `there is no relation or column "${first.name}" here`, {
        hint: didYouMean(first.name, [...relations, ...this.columns.map((one) => one.name)]),
      })
    }
    const names = [...new Set(this.columns.map((one) => one.name))]
    fail(ref.span, 'UNKNOWN_COLUMN', `${this.description} has no column "${first.name}"`, {
      hint: didYouMean(first.name, names, 'Its columns'),
    })
  }
}

/** A field of a struct, or a key of a map or of JSON. */
export function fieldOf(object: Expression, field: Identifier): Expression {
  const { type } = object
  if (type.kind === 'struct') {
    const index = type.fields.findIndex((one) => one.name === field.name)
    if (index >= 0) return { kind: 'field', operand: object, index, type: type.fields[index]!.type }
    const names = type.fields.map((one) => one.name)
    fail(field.span, 'UNKNOWN_COLUMN', `the struct has no field "${field.name}"`, {
      hint: didYouMean(field.name, names, 'Its fields'),
    })
  }
  const hint = type.kind === 'json' ? `Write -> '${field.name}' for JSON and ->> '${field.name}' for text.` : undefined
  fail(field.span, 'TYPE_MISMATCH', `${typeName(type)} has no fields, so no "${field.name}"`, { hint })
}

/** Of a column that a clause names, such as PARTITION BY of a table function. */
export function columnPosition(node: ColumnRef, scope: Scope): number {
  const bound = scope.resolve(node)
  if (bound.kind === 'column') return bound.index
  return notSupported(node.span, 'a field of a struct here', 'Select it as a column in a derived table.')
}
