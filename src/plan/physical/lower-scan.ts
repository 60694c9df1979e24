// A scan as the engine runs it: decoded fields first, then computed columns, each with what it is computed from.

import { must } from '../../core/assert.ts'
import type { ColumnDefinition, MaterializedRelation, SourceRelation } from '../catalog.ts'
import { mapColumns } from '../expression-tree.ts'
import { hasTable, type ScanNode } from '../logical/nodes.ts'
import type { FormatSpec, ScanStep, SourceField } from './nodes.ts'

type Scan = Omit<ScanStep, 'id' | 'version'>

/** Option of a connector that makes it end where it was when the query began; the name is Flink's. */
export const BOUNDED = { 'scan.bounded.mode': 'latest-offset' } as const

export function lowerScan(node: ScanNode): Scan {
  return 'connector' in node.relation ? scanSource(node, node.relation) : scanResult(node, node.relation)
}

/** The result log of a query holds whole rows, so that all columns are read. */
function scanResult(node: ScanNode, relation: MaterializedRelation): Scan {
  return {
    kind: 'scan',
    inputs: [],
    schema: node.schema,
    relation: relation.name,
    connector: {
      kind: 'result',
      options: {
        topic: relation.topic,
        relation: relation.name,
        table: String(hasTable(relation)),
        ...(node.bounded ? BOUNDED : {}),
      },
    },
    format: resultFormat(relation),
    fields: relation.schema.fields.map((field, i) => ({ ...field, from: 'value', path: [String(i)] })),
    computed: [],
    // Result logs carry event times and watermarks with them.
    watermark: undefined,
    onError: 'fail',
    deadLetter: undefined,
    startup: node.startup,
  }
}

/** How the topic of a result is read. */
export function resultFormat({ encoding }: MaterializedRelation): FormatSpec {
  return { envelope: 'plain', encoding: encoding ?? 'rows', options: {} }
}

function scanSource(node: ScanNode, relation: SourceRelation): Scan {
  const order = node.columns
  const to = (index: number) => order.indexOf(index)
  const definitions = order.map((index) => must(relation.columns[index], 'a column'))
  const fields = definitions.filter((one) => one.from !== 'computed').map(sourceField)
  return {
    kind: 'scan',
    inputs: [],
    schema: node.schema,
    relation: relation.name,
    connector: node.bounded
      ? { ...relation.connector, options: { ...relation.connector.options, ...BOUNDED } }
      : relation.connector,
    format: scannedFormat(relation, fields),
    fields,
    computed: definitions.flatMap((one) => (one.expression === undefined ? [] : [mapColumns(one.expression, to)])),
    watermark: relation.watermark && {
      ...relation.watermark,
      timeColumn: to(relation.watermark.timeColumn),
      expression: mapColumns(relation.watermark.expression, to),
    },
    onError: relation.onError,
    deadLetter: relation.deadLetter,
    startup: node.startup,
  }
}

/** Cells of CSV are found by their position among all columns, where no header names them. */
function scannedFormat({ format, columns }: SourceRelation, fields: readonly SourceField[]): FormatSpec {
  if (format.encoding !== 'csv' || format.options['header'] === 'true') return format
  const declared = columns.flatMap((one) => (one.from === 'value' ? [one.path[0] ?? one.name] : []))
  const read = fields.flatMap((one) => (one.from === 'value' ? [one.path[0] ?? one.name] : []))
  if (read.length === declared.length && read.every((name, i) => name === declared[i])) return format
  return { ...format, options: { ...format.options, columns: JSON.stringify(declared) } }
}

function sourceField(definition: ColumnDefinition): SourceField {
  const { name, type, nullable, from, path } = definition
  return { name, type, nullable, from: from === 'computed' ? 'value' : from, path }
}
