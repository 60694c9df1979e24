import type { Field } from '../../../core/schema.ts'
import type { SqlType } from '../../../core/type.ts'
import type { SchemaText } from '../../schema-registry/schema-registry.ts'
import { Incompatible } from '../schema-faults.ts'
import type { SchemaLanguage } from '../schema-language.ts'
import { avroRecordReader } from './avro-record.ts'
import { type AvroType, parseAvroSchema } from './avro-schema.ts'
import { acceptsNull, columnsOf, soleBranch, sqlTypeOf } from './avro-types.ts'
import { avroWriter } from './avro-writer.ts'

/** Avro, as formats use it. */
export const AVRO: SchemaLanguage = {
  type: 'AVRO',
  reader: (writer, expected, columns) =>
    avroRecordReader(parsed(writer), expected === undefined ? undefined : parsed(expected), columns),
  columns: (schema, { path }) => avroColumns(inside(parsed(schema), path)),
  schemaOf: (schema, name) => ({ type: 'AVRO', text: JSON.stringify(recordOf(schema.fields, name)), references: [] }),
  writer: (schema, rows) => avroWriter(parsed(schema), rows),
}

function parsed({ text, references }: SchemaText): AvroType {
  return parseAvroSchema(text, references)
}

function inside(type: AvroType, path: readonly string[]): AvroType {
  let at = type
  for (const name of path) {
    const record = at.kind === 'union' ? soleBranch(at) : at
    const field = record?.kind === 'record' ? record.fields.find((one) => one.name === name) : undefined
    if (field === undefined) throw new Incompatible(`it has no field "${name}"`)
    at = field.type
  }
  return at
}

/** A schema that is no record has one column. */
function avroColumns(type: AvroType): readonly Field[] {
  const record = type.kind === 'union' ? soleBranch(type) : type
  if (record?.kind === 'record') {
    if (record.fields.length === 0) throw new Incompatible('the record has no fields')
    return columnsOf(record)
  }
  return [{ name: 'value', type: sqlTypeOf(type), nullable: acceptsNull(type) }]
}

// ---- schemas of rows -----------------------------------------------------------------------------------------

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

function recordOf(
  fields: readonly (Omit<Field, 'nullable'> & { readonly nullable?: boolean })[],
  name: string,
): object {
  return {
    type: 'record',
    name,
    fields: fields.map((field) => {
      if (!NAME.test(field.name)) {
        throw new Incompatible(`"${field.name}" is no name in Avro: letters, digits and _ alone; rename it with AS`)
      }
      const type = schemaOf(field.type, `${name}_${field.name}`)
      return field.nullable === false
        ? { name: field.name, type }
        : { name: field.name, type: ['null', type], default: null }
    }),
  }
}

function schemaOf(type: SqlType, name: string): unknown {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'double':
    case 'string':
    case 'bytes':
      return type.kind
    case 'bigint':
    case 'interval':
      return 'long'
    case 'json':
    case 'null':
      return 'string'
    case 'decimal':
      return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale }
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-micros' }
    case 'array':
      return { type: 'array', items: ['null', schemaOf(type.element, `${name}_element`)] }
    case 'map':
      return { type: 'map', values: ['null', schemaOf(type.value, `${name}_value`)] }
    case 'struct':
      return recordOf(type.fields, name)
  }
}
