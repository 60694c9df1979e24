// Where the rows of the query go, as a table of Flink.

import type { Schema } from '../../core/schema.ts'
import { isLogConnector } from '../connectors.ts'
import type { FormatSpec, SinkStep } from '../physical/nodes.ts'
import type { FlinkOptions } from './flink-options.ts'
import { plainKey, registryNotes, upsertKey, valueFormat } from './formats.ts'
import { Gap, type Note } from './gap.ts'
import { type Select, selectText } from './select.ts'
import { BOOTSTRAP_DEFAULT, createTable } from './sources.ts'
import { atom, quoteName } from './text.ts'
import { flinkType, hasKind, hasTimestamp, recordType } from './types.ts'

export interface FlinkSink {
  readonly name: string
  readonly target: Pick<SinkStep, 'connector' | 'format'>
  readonly schema: Schema
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'at-most-once'
}

const JSON_RECORDS: FormatSpec = { envelope: 'plain', encoding: 'json', options: {} }

export function createSink(sink: FlinkSink, options: FlinkOptions, note: (note: Note) => void): string {
  const { name, schema, target } = sink
  const json = schema.fields.find(({ type }) => hasKind(type, 'json'))
  if (json !== undefined) {
    throw new Gap(`column "${json.name}" of type JSON in the result`, {
      hint: "Flink would write it as a text in quotes. Select its fields: payload ->> 'user'.",
    })
  }
  if (isUpsert(sink)) noteNullKeys(schema, note)
  for (const one of registryNotes(target.format)) note(one)
  const key = isUpsert(sink) ? schema.key.map((index) => quoteName(schema.fields[index]?.name ?? '')) : []
  const elements = [
    ...schema.fields.map(
      ({ name, type }) => `${quoteName(name)} ${hasInstants(target) ? recordType(type) : flinkType(type)}`,
    ),
    ...(key.length === 0 ? [] : [`PRIMARY KEY (${key.join(', ')}) NOT ENFORCED`]),
  ]
  if (target.connector.options['headers'] !== undefined) throw new Gap('option "headers" of a sink')
  return createTable(name, elements, sinkProperties(sink, options, note))
}

/** CSV has times without a zone, as Weir writes them. */
function hasInstants({ format }: FlinkSink['target']): boolean {
  return format.encoding !== 'csv'
}

function isUpsert({ target, schema }: FlinkSink): boolean {
  return target.format.envelope === 'upsert' || (target.connector.kind === 'result' && schema.mode !== 'append')
}

function sinkProperties(
  sink: FlinkSink,
  options: FlinkOptions,
  note: (note: Note) => void,
): Readonly<Record<string, string>> {
  const { name, target, schema, guarantee } = sink
  const { connector } = target
  if (connector.kind === 'print' || connector.kind === 'blackhole') {
    const prefix = connector.options['prefix']
    return { connector: connector.kind, ...(prefix === undefined ? {} : { 'print-identifier': prefix }) }
  }
  if (!isLogConnector(connector.kind) && connector.kind !== 'result') throw new Gap(`connector "${connector.kind}"`)
  const upsert = isUpsert(sink)
  const format = connector.kind === 'result' ? JSON_RECORDS : target.format
  const keys = schema.key.flatMap((index) => schema.fields[index] ?? [])
  const topic = connector.kind === 'result' ? name : (connector.options['topic'] ?? name)
  return {
    connector: upsert ? 'upsert-kafka' : 'kafka',
    topic: options.sinkTopic ?? topic,
    'properties.bootstrap.servers':
      options.bootstrapServers ?? connector.options['properties.bootstrap.servers'] ?? BOOTSTRAP_DEFAULT,
    ...valueFormat(format, upsert ? 'value.' : ''),
    ...(format.encoding === 'json' ? { [`${upsert ? 'value.' : ''}json.encode.decimal-as-plain-number`]: 'true' } : {}),
    ...(upsert ? upsertKey(keys) : plainKey(keys, note)),
    'sink.delivery-guarantee': guarantee === 'at-most-once' ? 'none' : guarantee,
    ...(guarantee === 'exactly-once' ? transactions(options) : {}),
  }
}

function noteNullKeys({ key, fields }: Schema, note: (note: Note) => void): void {
  const nullable = key.flatMap((index) => (fields[index]?.nullable === true ? [`"${fields[index].name}"`] : []))
  if (nullable.length === 0) return
  note({ text: `a NULL in the key (${nullable.join(', ')}) ends the job in Flink, or is dropped`, find: undefined })
}

/** Flink's own default is an hour, and brokers allow a quarter of it by theirs. */
const TRANSACTION_MS_MAX = 900_000

function transactions({ groupId }: FlinkOptions): Readonly<Record<string, string>> {
  return { 'sink.transactional-id-prefix': groupId, 'properties.transaction.timeout.ms': String(TRANSACTION_MS_MAX) }
}

/** The query with its columns in the types of records. */
export function insertText({ name, schema, target }: FlinkSink, select: Select): string {
  const columns = schema.fields.map(({ type }, i) => {
    const sql = select.columns[i] ?? atom('NULL')
    return hasTimestamp(type) && hasInstants(target) ? atom(`CAST(${sql.text} AS ${recordType(type)})`) : sql
  })
  return `INSERT INTO ${quoteName(name)}\n${selectText({ ...select, columns })}`
}
