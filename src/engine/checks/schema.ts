import { assert, unreachable } from '../../core/assert.ts'
import { BATCH_ROWS_MAX, type Batch, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, typeName } from '../../core/type.ts'
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
        value !== undefined && fits(field.type, value),
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

function fits(type: SqlType, value: Value): boolean {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
    case 'date':
      return Number.isInteger(value)
    case 'bigint':
    case 'decimal':
      return typeof value === 'bigint' ? !isSafe(value) : Number.isSafeInteger(value)
    case 'double':
    case 'time':
    case 'timestamp':
    case 'interval':
      return typeof value === 'number'
    case 'string':
    case 'json':
      return typeof value === 'string'
    case 'bytes':
      return value instanceof Uint8Array
    case 'array':
      return Array.isArray(value) && value.every((element) => fitsNullable(type.element, element))
    case 'struct':
      return (
        Array.isArray(value) &&
        value.length === type.fields.length &&
        type.fields.every((field, i) => fitsNullable(field.type, value[i]))
      )
    case 'map':
      return (
        Array.isArray(value) &&
        value.every((entry) => fitsNullable(type.key, entry[0]) && fitsNullable(type.value, entry[1]))
      )
    case 'null':
      return value === null
    default:
      return unreachable(type)
  }
}

function fitsNullable(type: SqlType, value: Value): boolean {
  return value === null || fits(type, value)
}

/** An exact integer has one form: what fits a number is never a bigint. */
function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
}

function describe(value: Value | undefined): string {
  return value === null ? 'NULL' : value === undefined ? 'nothing' : `a ${typeof value}`
}
