// INSERT INTO … VALUES: constants for the columns of a stream, typed as its columns are.

import type { Insert } from '../../grammar/ast.ts'
import type { Schema } from '../core/schema.ts'
import { typeName } from '../core/type.ts'
import { bindExpression, plainContext } from './bind/bind-expression.ts'
import { canCast, castTo } from './bind/cast.ts'
import { castCost } from './bind/coerce.ts'
import type { Parameters } from './bind/environment.ts'
import { newEnvironment } from './bind/new-environment.ts'
import { Scope } from './bind/scope.ts'
import type { Catalog, SourceRelation } from './catalog.ts'
import { Diagnostics, fail } from './diagnostics.ts'
import { literal } from './expression-tree.ts'
import type { Expression } from './physical/expression.ts'
import type { Planned } from './planner.ts'
import { writableColumns, writableRelation } from './targets.ts'

/** Rows at most in one statement; more belongs to ingest. */
export const VALUES_ROWS_MAX = 10_000

export interface ValuesPlan {
  readonly relation: SourceRelation
  /** The columns that are written, in the order of `rows`. */
  readonly schema: Schema
  /** Expressions without columns. */
  readonly rows: readonly (readonly Expression[])[]
}

export function planValues(statement: Insert, catalog: Catalog, parameters: Parameters): Planned<{ plan: ValuesPlan }> {
  const diagnostics = new Diagnostics()
  const plan = diagnostics.attempt(() => bindValues(statement, catalog, parameters, diagnostics))
  if (plan === undefined || diagnostics.failed) return { diagnostics: diagnostics.all }
  return { plan, diagnostics: diagnostics.all }
}

function bindValues(statement: Insert, catalog: Catalog, parameters: Parameters, diagnostics: Diagnostics): ValuesPlan {
  const { source } = statement
  if (source.kind !== 'values') fail(statement.span, 'INVALID_QUERY', 'INSERT … VALUES has a list of rows')
  const relation = writableRelation(statement.target, catalog)
  const { fields, positions } = writableColumns(statement, relation)
  if (source.rows.length > VALUES_ROWS_MAX) {
    fail(source.span, 'PLAN_TOO_LARGE', `${source.rows.length} rows in one statement; at most ${VALUES_ROWS_MAX}`, {
      hint: 'Send many rows through the ingest service.',
    })
  }
  const environment = newEnvironment({ catalog, diagnostics, ...(parameters === undefined ? {} : { parameters }) })
  const context = plainContext(environment, new Scope([], undefined, 'VALUES'), 'VALUES')
  const given = positions.filter((one) => one !== undefined).length
  const rows = source.rows.map((row) => {
    if (row.length !== given) {
      fail(row[0]?.span ?? source.span, 'TYPE_MISMATCH', `the row has ${row.length} values for ${given} columns`)
    }
    return fields.map((field, i) => {
      const position = positions[i]
      const node = position === undefined ? undefined : row[position]
      if (node === undefined) {
        if (field.nullable) return literal(null, field.type)
        return fail(statement.span, 'TYPE_MISMATCH', `column "${field.name}" can't be NULL, and has no value`)
      }
      const value = bindExpression(node, context)
      // Texts are taken for whatever they can be parsed as, as in PostgreSQL: '2026-01-01' for a TIMESTAMP.
      const parsed = value.type.kind === 'string' && canCast(value.type, field.type)
      if (!parsed && castCost(value.type, field.type) === undefined && !isNumericLiteral(value, field.type)) {
        fail(
          node.span,
          'TYPE_MISMATCH',
          `column "${field.name}" is ${typeName(field.type)}, not ${typeName(value.type)}`,
        )
      }
      return castTo(value, field.type)
    })
  })
  const key = relation.schema.key.map((index) => {
    const name = relation.schema.fields[index]?.name
    return fields.findIndex((field) => field.name === name)
  })
  return { relation, schema: { fields, key, timeColumn: undefined, mode: relation.schema.mode }, rows }
}

/** 1.5 for a DOUBLE or a DECIMAL of another scale: a constant may narrow, and overflow is then an error. */
function isNumericLiteral(value: Expression, to: Schema['fields'][number]['type']): boolean {
  const numeric = ['int', 'bigint', 'decimal', 'double']
  return numeric.includes(value.type.kind) && numeric.includes(to.kind) && canCast(value.type, to)
}
