// Engine schemas, diagnostics and object kinds → weir.v1 messages.

import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import type { ChangelogMode, Schema } from '../../core/schema.ts'
import { type SqlType, type SqlTypeKind, typeName } from '../../core/type.ts'
import type { ChangelogMode as WireChangelogMode } from '../proto/weir/v1/ChangelogMode.ts'
import type { _weir_v1_Diagnostic_Severity, DiagnosticInput } from '../proto/weir/v1/Diagnostic.ts'
import type { SchemaInput } from '../proto/weir/v1/Schema.ts'
import type { _weir_v1_Type_Kind, TypeInput } from '../proto/weir/v1/Type.ts'

const KINDS: Readonly<Record<SqlTypeKind, _weir_v1_Type_Kind>> = {
  boolean: 'KIND_BOOLEAN',
  int: 'KIND_INT',
  bigint: 'KIND_BIGINT',
  double: 'KIND_DOUBLE',
  decimal: 'KIND_DECIMAL',
  string: 'KIND_STRING',
  bytes: 'KIND_BYTES',
  date: 'KIND_DATE',
  time: 'KIND_TIME',
  timestamp: 'KIND_TIMESTAMP',
  interval: 'KIND_INTERVAL',
  json: 'KIND_JSON',
  array: 'KIND_ARRAY',
  map: 'KIND_MAP',
  struct: 'KIND_STRUCT',
  null: 'KIND_NULL',
}

const MODES: Readonly<Record<ChangelogMode, WireChangelogMode>> = {
  append: 'CHANGELOG_MODE_APPEND',
  upsert: 'CHANGELOG_MODE_UPSERT',
  retract: 'CHANGELOG_MODE_RETRACT',
}

const SEVERITIES: Readonly<Record<Diagnostic['severity'], _weir_v1_Diagnostic_Severity>> = {
  error: 'SEVERITY_ERROR',
  warning: 'SEVERITY_WARNING',
  note: 'SEVERITY_NOTE',
}

export function toWireSchema(schema: Schema): SchemaInput {
  return {
    columns: schema.fields.map((field) => ({
      name: field.name,
      type: toWireType(field.type),
      nullable: field.nullable,
    })),
    keyColumns: [...schema.key],
    ...(schema.timeColumn === undefined ? {} : { timeColumn: schema.timeColumn }),
    changelogMode: MODES[schema.mode],
  }
}

export function toWireType(type: SqlType): TypeInput {
  const base = { kind: KINDS[type.kind], sql: typeName(type) }
  switch (type.kind) {
    case 'decimal':
      return { ...base, precision: type.precision, scale: type.scale }
    case 'array':
      return { ...base, element: toWireType(type.element) }
    case 'map':
      return { ...base, key: toWireType(type.key), element: toWireType(type.value) }
    case 'struct':
      return {
        ...base,
        fields: type.fields.map((field) => ({ name: field.name, type: toWireType(field.type), nullable: true })),
      }
    default:
      return base
  }
}

export function toWireDiagnostic(diagnostic: Diagnostic): DiagnosticInput {
  const { code, severity, message, detail, hint, span } = diagnostic
  return { code, severity: SEVERITIES[severity], message, detail: detail ?? '', hint: hint ?? '', span: { ...span } }
}
