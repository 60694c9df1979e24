import type { Field } from '../../../core/schema.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DECIMAL_PRECISION_MAX,
  DOUBLE,
  decimal,
  INT,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../../core/type.ts'
import { columnNames } from '../convert-value.ts'
import type { AvroEnum, AvroFixed, AvroLogical, AvroPrimitive, AvroRecord, AvroType } from './avro-schema.ts'

/** Types without parts. */
export type AvroLeaf = AvroPrimitive | AvroFixed | AvroEnum

/** A number with its own scale in each value; Debezium's, for NUMERIC without a precision. */
export const VARIABLE_DECIMAL = 'io.debezium.data.VariableScaleDecimal'

/** The type of a leaf's values in SQL. */
export function leafType(type: AvroLeaf): SqlType {
  if (type.kind === 'enum') return STRING
  if (type.logical !== undefined) return logicalType(type.logical)
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN
    case 'int':
      return INT
    case 'long':
      return BIGINT
    case 'float':
    case 'double':
      return DOUBLE
    case 'bytes':
    case 'fixed':
      return BYTES
    case 'string':
    case 'null':
      return STRING
  }
}

function logicalType(logical: AvroLogical): SqlType {
  switch (logical.kind) {
    case 'decimal':
      // More digits than SQL has: those that a value really has may fit all the same.
      return decimal(Math.min(logical.precision, DECIMAL_PRECISION_MAX), Math.min(logical.scale, DECIMAL_PRECISION_MAX))
    case 'date':
      return DATE
    case 'time':
      return TIME
    case 'timestamp':
    case 'zoned-timestamp':
      return TIMESTAMP
    case 'uuid':
      return STRING
    case 'json':
      return JSON_TYPE
  }
}

/**
 * The type that a column of an Avro type has. What SQL has no type for, a union of several types or a record that
 * contains itself, is JSON.
 */
export function sqlTypeOf(type: AvroType, outer: readonly AvroRecord[] = []): SqlType {
  switch (type.kind) {
    case 'array':
      return { kind: 'array', element: sqlTypeOf(type.items, outer) }
    case 'map':
      return { kind: 'map', key: STRING, value: sqlTypeOf(type.values, outer) }
    case 'union': {
      const only = soleBranch(type)
      return only === undefined ? JSON_TYPE : sqlTypeOf(only, outer)
    }
    case 'record': {
      if (type.name === VARIABLE_DECIMAL) return STRING
      if (type.fields.length === 0 || outer.includes(type) || containsItself(type)) return JSON_TYPE
      const names = columnNames(type.fields)
      return {
        kind: 'struct',
        fields: type.fields.map((field, i) => ({
          name: names[i] as string,
          type: sqlTypeOf(field.type, [...outer, type]),
        })),
      }
    }
    default:
      return leafType(type)
  }
}

/** The columns of a record's fields. */
export function columnsOf(record: AvroRecord): readonly Field[] {
  const names = columnNames(record.fields)
  return record.fields.map(({ type }, i) => ({
    name: names[i] as string,
    type: sqlTypeOf(type),
    nullable: acceptsNull(type),
  }))
}

/** The one type that is not null; undefined where there are several. */
export function soleBranch(union: Extract<AvroType, { kind: 'union' }>): AvroType | undefined {
  const present = union.branches.filter((branch) => branch.kind !== 'null')
  return present.length === 1 ? present[0] : undefined
}

export function acceptsNull(type: AvroType): boolean {
  return type.kind === 'null' || (type.kind === 'union' && type.branches.some(acceptsNull))
}

/** True for a record that has itself somewhere inside. */
export function containsItself(record: AvroRecord): boolean {
  const seen = new Set<AvroType>()
  const reaches = (type: AvroType): boolean => {
    switch (type.kind) {
      case 'array':
        return reaches(type.items)
      case 'map':
        return reaches(type.values)
      case 'union':
        return type.branches.some(reaches)
      case 'record':
        if (type === record) return true
        if (seen.has(type)) return false
        seen.add(type)
        return type.fields.some((field) => reaches(field.type))
      default:
        return false
    }
  }
  return record.fields.some((field) => reaches(field.type))
}

/** The least bytes that a value has. */
export function bytesMin(type: AvroType, outer: readonly AvroRecord[] = []): number {
  switch (type.kind) {
    case 'null':
      return 0
    case 'float':
      return 4
    case 'double':
      return 8
    case 'fixed':
      return type.size
    case 'record':
      if (outer.includes(type)) return 0
      return type.fields.reduce((bytes, field) => bytes + bytesMin(field.type, [...outer, type]), 0)
    default:
      return 1
  }
}
