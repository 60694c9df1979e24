import { assert } from '../../core/assert.ts'
import { BATCH_ROWS_MAX, type Batch, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { isValueOf } from '../../core/literal.ts'
import type { Schema } from '../../core/schema.ts'
import { typeName } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'

/** What must hold for every batch on an edge of a plan, given the schema of the edge. Throws AssertionError. */
export function checkBatch(batch: Batch, schema: Schema, edge: string): void {
  assert(batch.length <= BATCH_ROWS_MAX, `${edge}: a batch has ${batch.length} rows, at most ${BATCH_ROWS_MAX} may be`)
  assert(
    batch.columns.length === schema.fields.length,
    `${edge}: a batch has ${batch.columns.length} columns, its schema ${schema.fields.length}`,
  )
  for (const [c, field] of schema.fields.entries()) {
    const column = batch.columns[c] ?? []
    for (let row = 0; row < batch.length; row++) {
      const value = column[row]
      if (value === null && field.nullable) continue
      assert(
        value !== undefined && value !== null && isValueOf(field.type, value),
        `${edge}: column "${field.name}" is ${typeName(field.type)}${field.nullable ? '' : ' NOT NULL'} and holds ${describe(value)}`,
      )
    }
  }
  checkKinds(batch, schema, edge)
}

/** -U is directly followed by +U. A changelog without old rows has no -U, one with them no +U on its own. */
function checkKinds(batch: Batch, schema: Schema, edge: string): void {
  const { kinds, length } = batch
  if (kinds === undefined) return
  for (let row = 0; row < length; row++) {
    const kind = kinds[row]
    assert(schema.mode !== 'append' || kind === 0, `${edge}: an append-only stream has a change of kind ${kind}`)
    if (kind === UPDATE_BEFORE) {
      assert(row + 1 < length && kinds[row + 1] === UPDATE_AFTER, `${edge}: -U is not followed by +U in its batch`)
    }
    if (kind === UPDATE_AFTER && schema.mode === 'retract') {
      assert(row > 0 && kinds[row - 1] === UPDATE_BEFORE, `${edge}: +U comes without its -U`)
    }
  }
}

function describe(value: Value | undefined): string {
  return value === null ? 'NULL' : value === undefined ? 'nothing' : `a ${typeof value}`
}
