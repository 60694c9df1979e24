// A scan as the engine runs it: decoded fields first, then computed columns, each with what it is computed from.

import { must } from '../../core/assert.ts'
import type { ColumnDefinition, MaterializedRelation, SourceRelation } from '../catalog.ts'
import { columnsOf, mapColumns } from '../expression-tree.ts'
import type { ScanNode } from '../logical/nodes.ts'
import type { ScanStep, SourceField } from './nodes.ts'

type Scan = Omit<ScanStep, 'id' | 'version'>

/** Option of a connector that makes it end where it was when the query began; the name is Flink's. */
const BOUNDED = { 'scan.bounded.mode': 'latest-offset' } as const

export function lowerScan(node: ScanNode): Scan {
  return 'connector' in node.relation ? scanSource(node, node.relation) : scanResult(node, node.relation)
}

/** The result log of a query holds whole rows, so that all columns are read. */
function scanResult(node: ScanNode, relation: MaterializedRelation): Scan {
  const table = relation.kind === 'materialized-view' && relation.schema.key.length > 0
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
        table: String(table),
        ...(node.bounded ? BOUNDED : {}),
      },
    },
    format: { envelope: 'plain', encoding: 'rows', options: {} },
    fields: relation.schema.fields.map((field, i) => ({ ...field, from: 'value', path: [String(i)] })),
    computed: [],
    // Result logs carry event times and watermarks with them.
    watermark: undefined,
    onError: 'fail',
    deadLetter: undefined,
    startup: node.startup,
  }
}

function scanSource(node: ScanNode, relation: SourceRelation): Scan {
  const order = node.columns
  const to = (index: number) => order.indexOf(index)
  const definitions = order.map((index) => must(relation.columns[index], 'a column'))
  return {
    kind: 'scan',
    inputs: [],
    schema: node.schema,
    relation: relation.name,
    connector: node.bounded
      ? { ...relation.connector, options: { ...relation.connector.options, ...BOUNDED } }
      : relation.connector,
    format: relation.format,
    fields: definitions.filter((one) => one.from !== 'computed').map(sourceField),
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

function sourceField(definition: ColumnDefinition): SourceField {
  const { name, type, nullable, from, path } = definition
  return { name, type, nullable, from: from === 'computed' ? 'value' : from, path }
}

/**
 * The columns that a scan has to produce so that `wanted` are among them, in the order that it produces them: with all
 * that computed columns and the watermark are made of.
 */
export function scannedColumns(
  relation: SourceRelation | MaterializedRelation,
  wanted: Iterable<number>,
): readonly number[] {
  if (!('connector' in relation)) return relation.schema.fields.map((_, i) => i)
  const needed = new Set<number>()
  const need = (index: number): void => {
    if (needed.has(index)) return
    needed.add(index)
    const { expression } = must(relation.columns[index], 'a column')
    if (expression !== undefined) for (const one of columnsOf(expression)) need(one)
  }
  for (const one of wanted) need(one)
  const { watermark } = relation
  if (watermark !== undefined) for (const one of [watermark.timeColumn, ...columnsOf(watermark.expression)]) need(one)
  // A row needs its key to be told from others, whether or not the query shows it.
  if (relation.schema.mode !== 'append') for (const one of relation.schema.key) need(one)
  const sorted = [...needed].sort((a, b) => a - b)
  const isComputed = (index: number) => relation.columns[index]?.from === 'computed'
  return [...sorted.filter((one) => !isComputed(one)), ...sorted.filter(isComputed)]
}
