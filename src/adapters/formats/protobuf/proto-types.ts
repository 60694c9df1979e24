import type { Field } from '../../../core/schema.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DOUBLE,
  decimal,
  INT,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIMESTAMP,
} from '../../../core/type.ts'
import { columnNames } from '../convert-value.ts'
import type { ProtoField, ProtoMessage, ProtoScalar, ProtoType } from './proto-schema.ts'

/** The types of SQL that fields of Protobuf have. */

const SCALAR_TYPES: Readonly<Record<ProtoScalar, SqlType>> = {
  double: DOUBLE,
  float: DOUBLE,
  int32: INT,
  sint32: INT,
  sfixed32: INT,
  uint32: BIGINT,
  fixed32: BIGINT,
  int64: BIGINT,
  sint64: BIGINT,
  sfixed64: BIGINT,
  // One bit more than a BIGINT has.
  uint64: decimal(20, 0),
  fixed64: decimal(20, 0),
  bool: BOOLEAN,
  string: STRING,
  bytes: BYTES,
}

export function scalarType(scalar: ProtoScalar): SqlType {
  return SCALAR_TYPES[scalar]
}

/** Seconds with nanoseconds. */
export const DURATION: SqlType = decimal(21, 9)

/** Messages that stand for one value. */
export const WELL_KNOWN: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['google.protobuf.Duration', DURATION],
  ['google.protobuf.DoubleValue', DOUBLE],
  ['google.protobuf.FloatValue', DOUBLE],
  ['google.protobuf.Int64Value', BIGINT],
  ['google.protobuf.UInt64Value', decimal(20, 0)],
  ['google.protobuf.Int32Value', INT],
  ['google.protobuf.UInt32Value', BIGINT],
  ['google.protobuf.BoolValue', BOOLEAN],
  ['google.protobuf.StringValue', STRING],
  ['google.protobuf.BytesValue', BYTES],
  ['google.protobuf.Struct', JSON_TYPE],
  ['google.protobuf.Value', JSON_TYPE],
  ['google.protobuf.ListValue', JSON_TYPE],
  ['confluent.type.Decimal', STRING],
])

/** A message that has itself somewhere inside, or no field, has no equal in SQL and is JSON. */
export function valueType(type: ProtoType): SqlType {
  switch (type.kind) {
    case 'scalar':
      return scalarType(type.scalar)
    case 'enum':
      return STRING
    case 'message': {
      const { message } = type
      const known = WELL_KNOWN.get(message.name)
      if (known !== undefined) return known
      if (message.fields.length === 0 || containsItself(message)) return JSON_TYPE
      const names = columnNames(message.fields)
      return {
        kind: 'struct',
        fields: message.fields.map((field, i) => ({ name: names[i] as string, type: fieldType(field) })),
      }
    }
  }
}

export function fieldType({ type, repeated, key }: ProtoField): SqlType {
  const value = valueType(type)
  if (key !== undefined) return { kind: 'map', key: scalarType(key), value }
  return repeated ? { kind: 'array', element: value } : value
}

/** The columns of a message's fields; what can't be told to be unset is never NULL. */
export function columnsOf(message: ProtoMessage): readonly Field[] {
  const names = columnNames(message.fields)
  return message.fields.map((field, i) => ({
    name: names[i] as string,
    type: fieldType(field),
    nullable: field.presence && !field.required,
  }))
}

function containsItself(message: ProtoMessage): boolean {
  const seen = new Set<ProtoMessage>()
  const reaches = (one: ProtoMessage): boolean =>
    one.fields.some(({ type }) => {
      if (type.kind !== 'message') return false
      if (type.message === message) return true
      if (seen.has(type.message)) return false
      seen.add(type.message)
      return reaches(type.message)
    })
  return reaches(message)
}
