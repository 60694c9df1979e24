// Streams and tables of the catalog as Flink's tables: CREATE TABLE over the same topic.
//
// A TIMESTAMP is an instant in a record and a time without a zone in a query (types.ts). Where event time is a column
// of the record, Flink's time attribute is a computed column beside it.

import { assert, must } from '../../core/assert.ts'
import type { DurationMs } from '../../core/time.ts'
import type { ColumnDefinition, SourceRelation } from '../catalog.ts'
import { isLogConnector } from '../connectors.ts'
import { columnsOf } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import { expressionSql } from './expressions.ts'
import type { FlinkOptions } from './flink-options.ts'
import { keyFormat, registryNotes, sourceFormat } from './formats.ts'
import { Gap, type Note } from './gap.ts'
import { metadataColumn } from './metadata.ts'
import { indent, type Select, selectOf, uniqueNames } from './select.ts'
import { atom, intervalText, operand, quoteName, quoteText, type Sql } from './text.ts'
import { flinkType, hasTimestamp, recordType } from './types.ts'

/** Columns that a window function adds: a table that has one of them can't be its input. */
export const WINDOW_NAMES: readonly string[] = ['window_start', 'window_end', 'window_time']

/** A watermark of Flink says that rows of its own time have come as well, one of Weir only those before it. */
const INCLUSIVE_MS = 1

/** How columns of a source stand in a query; `qualifier` where several relations are in FROM. */
export function sourceSelect(relation: SourceRelation, columns: readonly number[], qualifier?: string): Select {
  const prefix = qualifier === undefined ? '' : `${quoteName(qualifier)}.`
  const sql = columns.map((index) => columnSql(relation, index, prefix))
  const names = columns.map((index) => must(relation.columns[index], 'a column').name)
  const { watermark } = relation
  const time = watermark && atom(`${prefix}${quoteName(timeName(relation))}`)
  const isInput = !relation.columns.some((one) => WINDOW_NAMES.includes(one.name))
  const from =
    qualifier === undefined ? quoteName(relation.name) : `${quoteName(relation.name)} AS ${quoteName(qualifier)}`
  return { ...selectOf(from, sql, names, { time }), table: isInput ? from : undefined }
}

function columnSql(relation: SourceRelation, index: number, prefix: string): Sql {
  const column = must(relation.columns[index], 'a column')
  if (index === relation.watermark?.timeColumn) return atom(`${prefix}${quoteName(timeName(relation))}`)
  const name = atom(`${prefix}${quoteName(column.name)}`)
  return isInstant(column, relation) ? atom(`CAST(${name.text} AS ${flinkType(column.type)})`) : name
}

/** Whether the table has it in the type of records. CSV has times without a zone, as Weir writes them. */
function isInstant({ from, type }: ColumnDefinition, { format }: SourceRelation): boolean {
  if (from === 'computed' || !hasTimestamp(type)) return false
  return from !== 'value' || format.encoding !== 'csv'
}

/** Of Flink's time attribute: a column of its own where event time is read as an instant. */
function timeName(relation: SourceRelation): string {
  const { columns, watermark } = relation
  const time = must(columns[must(watermark, 'a watermark').timeColumn], 'a time column')
  if (!isInstant(time, relation)) return time.name
  return uniqueNames([...columns.map((one) => one.name), `${time.name}_utc`]).at(-1) as string
}

/**
 * `latenessMs`: how much longer than the watermark says the query waits for rows. Flink has no ALLOWED LATENESS: a
 * watermark that is as much behind gives the same rows.
 */
export function createSource(
  relation: SourceRelation,
  latenessMs: DurationMs,
  options: FlinkOptions,
  note: (note: Note) => void,
): string {
  const { name, connector, watermark } = relation
  if (!isLogConnector(connector.kind)) {
    throw new Gap(`connector "${connector.kind}" of ${relation.kind} "${name}"`, {
      hint: 'A query over topics of Kafka can be exported.',
    })
  }
  const key = relation.schema.key.map((index) => must(relation.columns[index], 'a key column'))
  const physical = relation.columns.filter((one) => one.from !== 'computed')
  const elements = [
    ...physical.map((one) => metadataColumn(one) ?? `${quoteName(one.name)} ${typeIn(one, relation)}`),
    ...relation.columns.filter((one) => one.from === 'computed').map((one) => computed(one, relation)),
    ...(watermark === undefined ? [] : timeElements(relation, latenessMs)),
    ...(key.length === 0 ? [] : [`PRIMARY KEY (${key.map((one) => quoteName(one.name)).join(', ')}) NOT ENFORCED`]),
  ]
  for (const one of [...notesOf(relation), ...registryNotes(relation.format)]) note(one)
  const properties = { ...connectorOptions(relation, options), ...sourceFormat(relation), ...keyFormat(relation) }
  return createTable(name, elements, { ...properties, ...watermarkOptions(relation) })
}

function typeIn(column: ColumnDefinition, relation: SourceRelation): string {
  return isInstant(column, relation) ? recordType(column.type) : flinkType(column.type)
}

export function createTable(
  name: string,
  elements: readonly string[],
  properties: Readonly<Record<string, string>>,
): string {
  const list = Object.entries(properties).map(([key, value]) => `${quoteText(key)} = ${quoteText(value)}`)
  return `CREATE TABLE ${quoteName(name)} (\n${indent(elements.join(',\n'))}\n) WITH (\n${indent(list.join(',\n'))}\n)`
}

/** Flink's computed columns may name no other computed column. */
function computed(column: ColumnDefinition, relation: SourceRelation): string {
  return `${quoteName(column.name)} AS ${inRecord(must(column.expression, 'an expression'), relation).text}`
}

function inRecord(expression: Expression, relation: SourceRelation): Sql {
  const columns: Sql[] = []
  for (const index of columnsOf(expression)) {
    const column = must(relation.columns[index], 'a column')
    const name = quoteName(column.name)
    if (column.expression !== undefined) columns[index] = inRecord(column.expression, relation)
    else columns[index] = atom(isInstant(column, relation) ? `CAST(${name} AS ${flinkType(column.type)})` : name)
  }
  return expressionSql(expression, columns)
}

function timeElements(relation: SourceRelation, latenessMs: DurationMs): readonly string[] {
  const watermark = must(relation.watermark, 'a watermark')
  const time = must(relation.columns[watermark.timeColumn], 'a time column')
  const name = quoteName(timeName(relation))
  const own = isInstant(time, relation) ? [`${name} AS CAST(${quoteName(time.name)} AS TIMESTAMP(3))`] : []
  return [...own, `WATERMARK FOR ${name} AS ${watermarkSql(relation, latenessMs + INCLUSIVE_MS)}`]
}

function watermarkSql(relation: SourceRelation, moreMs: DurationMs): string {
  const { expression } = must(relation.watermark, 'a watermark')
  const columns = relation.columns.map((_, i) => columnSql(relation, i, ''))
  if (expression.kind === 'call' && expression.function === 'timestamp_subtract') {
    const [from, delay] = expression.arguments
    if (from !== undefined && delay?.kind === 'literal' && typeof delay.value === 'number') {
      return `${operand(expressionSql(from, columns))} - ${intervalText(delay.value + moreMs)}`
    }
  }
  return `${operand(expressionSql(expression, columns))} - ${intervalText(moreMs)}`
}

function watermarkOptions({ watermark }: SourceRelation): Readonly<Record<string, string>> {
  if (watermark === undefined) return {}
  const { emit, idleTimeoutMs } = watermark
  return {
    ...(emit.kind === 'on-event' ? { 'scan.watermark.emit.strategy': 'on-event' } : {}),
    ...(idleTimeoutMs === undefined ? {} : { 'scan.watermark.idle-timeout': `${idleTimeoutMs} ms` }),
  }
}

function connectorOptions(relation: SourceRelation, given: FlinkOptions): Readonly<Record<string, string>> {
  const { connector, format, schema } = relation
  const { options } = connector
  const topic = options['topic']
  const pattern = options['topic-pattern']
  const discovery = options['scan.topic-partition-discovery.interval']
  assert(topic !== undefined || pattern !== undefined, 'a source has a topic')
  const isUpsert = schema.key.length > 0 && format.envelope === 'upsert'
  return {
    connector: isUpsert ? 'upsert-kafka' : 'kafka',
    ...(topic === undefined ? { 'topic-pattern': `${pattern}` } : { topic }),
    'properties.bootstrap.servers':
      given.bootstrapServers ?? options['properties.bootstrap.servers'] ?? BOOTSTRAP_DEFAULT,
    'properties.group.id': options['properties.group.id'] ?? given.groupId,
    // Reads a topic of changes from its beginning, always.
    ...(isUpsert ? {} : startup(options)),
    ...(discovery === undefined ? {} : { 'scan.topic-partition-discovery.interval': `${discovery} ms` }),
    ...(given.bounded || options['scan.bounded.mode'] === 'latest-offset'
      ? { 'scan.bounded.mode': 'latest-offset' }
      : {}),
  }
}

export const BOOTSTRAP_DEFAULT = 'localhost:9092'

function startup(options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  switch (options['scan.startup.mode']) {
    case 'latest':
    case 'latest-offset':
      return { 'scan.startup.mode': 'latest-offset' }
    case 'timestamp':
      return {
        'scan.startup.mode': 'timestamp',
        'scan.startup.timestamp-millis': must(options['scan.startup.timestamp-millis'], 'a time'),
      }
    case 'group-offsets':
      return { 'scan.startup.mode': 'group-offsets' }
    default:
      return { 'scan.startup.mode': 'earliest-offset' }
  }
}

function* notesOf({ name, kind, columns, watermark, onError, format }: SourceRelation): Generator<Note> {
  if (format.encoding === 'json' && columns.some(({ from, type }) => from === 'value' && hasTimestamp(type))) {
    const text = `a TIMESTAMP of ${kind} "${name}" has to be text such as 2026-01-15T12:00:00Z: Flink reads no other`
    yield { text, find: undefined }
  }
  if (watermark?.maxFutureMs !== undefined) {
    const find = (node: { readonly kind: string }) => node.kind === 'watermark'
    yield { text: `MAX FUTURE of ${kind} "${name}": Flink takes times from the future as they are`, find }
  }
  if (onError !== 'fail' && format.encoding === 'json' && format.envelope !== 'debezium') {
    const text = `bad records of ${kind} "${name}": Flink passes over what is no JSON, and takes a field that does not fit for NULL`
    yield { text, find: undefined }
  }
}
