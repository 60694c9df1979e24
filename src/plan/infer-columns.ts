// A stream or table that is declared without columns of its records: which format could say them, and the statement
// with the columns that it says. What is stored is the statement with columns, so that a later version of the schema
// changes no stream that exists.

import type { CreateStream, CreateTable, Identifier, Property, TypeName } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/span.ts'
import type { Field } from '../core/schema.ts'
import type { SqlType } from '../core/type.ts'
import { bindConnector } from './connectors.ts'
import { Diagnostics } from './diagnostics.ts'
import type { FormatSpec } from './physical/nodes.ts'

type Definition = CreateStream | CreateTable

/** Computed columns and metadata are no columns of the records. */
export function lacksColumns({ elements }: Definition): boolean {
  return !elements.some((element) => element.kind === 'column-definition' && element.metadata === undefined)
}

/** The format whose schema has the columns; undefined where there is none, or the statement is wrong anyhow. */
export function inferableFormat(statement: Definition): FormatSpec | undefined {
  if (!lacksColumns(statement)) return undefined
  const diagnostics = new Diagnostics()
  const use = {
    role: 'source',
    name: statement.name.name,
    keyed: statement.kind === 'create-table',
    columns: [],
  } as const
  const bound = diagnostics.attempt(() => bindConnector(statement.connector, use, diagnostics))
  if (bound === undefined || diagnostics.failed) return undefined
  const { options } = bound.format
  return options['schema.registry'] !== undefined || options['schema'] !== undefined ? bound.format : undefined
}

/** The statement as its writer would have written it with the columns before all else. */
export function withColumns<T extends Definition>(
  statement: T,
  columns: readonly Field[],
  options: Readonly<Record<string, string>>,
): T {
  const { connector, elements } = statement
  const span = statement.name.span
  const definitions = columns.map(({ name, type, nullable }) => ({
    kind: 'column-definition' as const,
    name: identifier(name, span),
    type: typeNode(type, span),
    notNull: !nullable,
    primaryKey: false,
    metadata: undefined,
    span,
  }))
  const named = Object.entries(options).map(
    ([key, value]): Property => ({
      kind: 'property',
      key,
      keySpan: span,
      value: { kind: 'string', value, span },
      span,
    }),
  )
  const { properties, format } = connector
  const given = [...properties, ...(format?.properties ?? [])]
  const added = named.filter(({ key }) => !given.some((one) => one.key === key))
  return {
    ...statement,
    elements: [...definitions, ...elements],
    connector:
      format === undefined
        ? { ...connector, properties: [...properties, ...added] }
        : { ...connector, format: { ...format, properties: [...format.properties, ...added] } },
  }
}

function identifier(name: string, span: Span): Identifier {
  return { kind: 'identifier', name, span }
}

/** The reverse of bindType. */
function typeNode(type: SqlType, span: Span): TypeName {
  switch (type.kind) {
    case 'decimal':
      return { kind: 'decimal-type', precision: type.precision, scale: type.scale, span }
    case 'array':
      return { kind: 'array-type', element: typeNode(type.element, span), span }
    case 'map':
      return { kind: 'map-type', key: typeNode(type.key, span), value: typeNode(type.value, span), span }
    case 'struct': {
      const fields = type.fields.map((field) => ({
        kind: 'struct-type-field' as const,
        name: identifier(field.name, span),
        type: typeNode(field.type, span),
        span,
      }))
      return { kind: 'struct-type', fields, span }
    }
    case 'interval':
    case 'null':
      throw new Error(`no schema gives a column of type ${type.kind}`)
    default:
      return { kind: 'scalar-type', name: type.kind, span }
  }
}
