import { writeJsonObject } from '../../../core/format-value.ts'
import type { Field, Schema } from '../../../core/schema.ts'
import type { SqlType } from '../../../core/type.ts'
import { Incompatible } from '../schema-faults.ts'
import type { WritableLanguage } from '../schema-language.ts'
import { jsonSchemaColumns } from './json-schema-columns.ts'

/**
 * JSON Schema, as formats use it: it says the columns of a stream and what a sink writes. Records are JSON, and read as
 * such; they are not validated, since each column checks what it takes.
 */
export const JSON_SCHEMA: WritableLanguage = {
  type: 'JSON',
  columns: (schema, { path }) => jsonSchemaColumns(schema, path),
  schemaOf: (schema, name) => ({ type: 'JSON', text: JSON.stringify(schemaText(schema, name)), references: [] }),
  writer: (schema, rows) => {
    const known = new Set(jsonSchemaColumns(schema, []).map(({ name }) => name))
    const lost = rows.fields.find(({ name }) => !known.has(name))
    if (lost !== undefined) throw new Incompatible(`it has no property for column "${lost.name}"`)
    return { write: (row) => Buffer.from(writeJsonObject(rows.fields, row)) }
  },
}

function schemaText(schema: Schema, title: string): object {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...objectSchema(schema.fields) }
}

/** `connect.type` is what Confluent's own serializers keep the size of a number in. */
function objectSchema(
  fields: readonly (Omit<Field, 'nullable'> & { readonly nullable?: boolean })[],
): Readonly<Record<string, unknown>> {
  const required = fields.filter(({ nullable }) => nullable === false).map(({ name }) => name)
  const properties = fields.map(({ name, type, nullable }) => {
    const schema = typeSchema(type)
    // A JSON column takes whatever there is, null as well.
    const isOpen = nullable === false || type.kind === 'json'
    return [name, isOpen ? schema : { oneOf: [{ type: 'null' }, schema] }] as const
  })
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  }
}

function typeSchema(type: SqlType): Readonly<Record<string, unknown>> {
  switch (type.kind) {
    case 'boolean':
      return { type: 'boolean' }
    case 'int':
      return { type: 'integer', 'connect.type': 'int32' }
    case 'bigint':
      return { type: 'integer', 'connect.type': 'int64' }
    case 'double':
    case 'decimal':
      return { type: 'number' }
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' }
    case 'timestamp':
      return { type: 'string', format: 'date-time' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'string':
    case 'time':
    case 'interval':
    case 'null':
      return { type: 'string' }
    case 'json':
      return {}
    case 'array':
      return { type: 'array', items: { oneOf: [{ type: 'null' }, typeSchema(type.element)] } }
    case 'map':
      return { type: 'object', additionalProperties: { oneOf: [{ type: 'null' }, typeSchema(type.value)] } }
    case 'struct':
      return objectSchema(type.fields)
  }
}
