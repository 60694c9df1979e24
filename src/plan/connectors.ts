// What WITH (…) and FORMAT … ENCODE … of a stream, table or sink may say. One table a connector: unknown keys are
// errors, values are checked here, and what is stored is normal: durations in milliseconds, sizes in bytes.

import type { Connector, Literal, Property } from '../../grammar/ast.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import { parseBytes, parseDuration, SESSION_KEYS } from './bind/session.ts'
import type { Diagnostics } from './diagnostics.ts'
import { fail, notSupported } from './diagnostics.ts'
import type { ConnectorSpec, FormatSpec } from './physical/nodes.ts'

/** A normal form of a value, or undefined with what it has to be. */
interface OptionType {
  readonly expects: string
  readonly normalize: (text: string) => string | undefined
}

const text: OptionType = { expects: 'a text', normalize: (value) => (value === '' ? undefined : value) }
const flag: OptionType = {
  expects: 'true or false',
  normalize: (value) => (/^(true|false)$/i.test(value) ? value.toLowerCase() : undefined),
}
const duration: OptionType = {
  expects: "a duration, such as '5s', '200 ms' or '7 days'",
  normalize: (value) => parseDuration(value)?.toString(),
}
const bytes: OptionType = {
  expects: "a size, such as '512 MB'",
  normalize: (value) => parseBytes(value)?.toString(),
}
const share: OptionType = {
  expects: 'a number from 0 to 1',
  normalize: (value) => (Number(value) >= 0 && Number(value) <= 1 && value !== '' ? value : undefined),
}
const anyNumber: OptionType = {
  expects: 'a number',
  normalize: (value) => (value !== '' && Number.isFinite(Number(value)) ? value : undefined),
}

function integer(min: number, max: number): OptionType {
  return {
    expects: `a whole number from ${min} to ${max}`,
    normalize: (value) => {
      const number = Number(value)
      return /^-?\d+$/.test(value) && number >= min && number <= max ? value : undefined
    },
  }
}

function oneOf(...values: readonly string[]): OptionType {
  return {
    expects: `one of ${values.join(', ')}`,
    normalize: (value) => values.find((one) => one === value.toLowerCase().replaceAll('_', '-')),
  }
}

/** Partitions of an embedded topic at most: each is a range of keys and a watermark. */
export const PARTITIONS_MAX = 256

/** Rows per second that the generator makes at most: more than one core does. */
const DATAGEN_RATE_MAX = 10_000_000

interface ConnectorDefinition {
  readonly kind: ConnectorSpec['kind']
  readonly source: boolean
  readonly sink: boolean
  readonly required: readonly string[]
  readonly options: Readonly<Record<string, OptionType>>
  /** Options of a column: `fields.<column>.<option>`. */
  readonly fields?: Readonly<Record<string, OptionType>>
}

const ON_ERROR = oneOf('dead-letter', 'skip', 'fail')

const SOURCE_OPTIONS: Readonly<Record<string, OptionType>> = {
  on_error: ON_ERROR,
  dead_letter_topic: text,
  'scan.startup.mode': oneOf('earliest', 'latest', 'timestamp', 'earliest-offset', 'latest-offset'),
  'scan.startup.timestamp-millis': integer(0, Number.MAX_SAFE_INTEGER),
  'scan.bounded.mode': oneOf('unbounded', 'latest-offset'),
  'scan.watermark.idle-timeout': duration,
  'scan.watermark.emit.strategy': oneOf('on-event', 'on-periodic'),
}

const CONNECTORS: Readonly<Record<string, ConnectorDefinition>> = {
  embedded: {
    kind: 'embedded',
    source: true,
    sink: true,
    required: [],
    options: {
      topic: text,
      partitions: integer(1, PARTITIONS_MAX),
      'retention.ms': duration,
      'retention.bytes': bytes,
      key: text,
    },
  },
  datagen: {
    kind: 'datagen',
    source: true,
    sink: false,
    required: [],
    options: {
      'rows-per-second': integer(1, DATAGEN_RATE_MAX),
      'number-of-rows': integer(0, Number.MAX_SAFE_INTEGER),
      seed: integer(0, Number.MAX_SAFE_INTEGER),
      disorder: duration,
      'late.share': share,
      'late.by': duration,
    },
    fields: {
      kind: oneOf('sequence', 'random', 'choice', 'constant', 'time', 'uuid'),
      min: anyNumber,
      max: anyNumber,
      start: anyNumber,
      end: anyNumber,
      step: anyNumber,
      values: text,
      length: integer(1, 65_536),
      cardinality: integer(1, 1_000_000_000),
      value: text,
      'null-rate': share,
    },
  },
  file: {
    kind: 'file',
    source: true,
    sink: false,
    required: ['path'],
    options: { path: text, 'csv.delimiter': text, 'csv.header': flag },
  },
  blackhole: { kind: 'blackhole', source: false, sink: true, required: [], options: {} },
  print: { kind: 'print', source: false, sink: true, required: [], options: { prefix: text } },
}

/** Known to users of the other systems, and not here yet. */
const PLANNED_CONNECTORS = new Set(['kafka', 'redis', 'upsert-kafka', 'postgres', 'jdbc', 'filesystem', 's3', 'nats'])

/** Names that Flink, ksqlDB and RisingWave have for the same option. */
const ALIASES: Readonly<Record<string, string>> = {
  kafka_topic: 'topic',
  'retention-ms': 'retention.ms',
  'rows.per.second': 'rows-per-second',
  'datagen.rows.per.second': 'rows-per-second',
}

/** Options of the query that stand beside those of a sink's connector. */
const SINK_QUERY_KEYS: readonly string[] = [...SESSION_KEYS, 'sink.delivery-guarantee']

export interface BoundConnector {
  readonly connector: ConnectorSpec
  readonly format: FormatSpec
  /** Options that are not the connector's: of the query, in a sink. */
  readonly queryOptions: ReadonlyMap<string, string>
}

export interface ConnectorUse {
  readonly role: 'source' | 'sink'
  /** Name of the stream, table or sink. */
  readonly name: string
  /** For a table: FORMAT UPSERT is the default. */
  readonly keyed: boolean
  readonly columns: readonly string[]
}

export function bindConnector(node: Connector, use: ConnectorUse, diagnostics: Diagnostics): BoundConnector {
  const given = properties(node.properties, diagnostics)
  const definition = definitionOf(node, given, use)
  const options: Record<string, string> = {}
  const formatOptions: Record<string, string> = {}
  const queryOptions = new Map<string, string>()
  for (const [key, property] of given) {
    if (key === 'connector' || key === 'format') continue
    diagnostics.attempt(() => {
      const value = literalText(property.value)
      if (use.role === 'sink' && SINK_QUERY_KEYS.includes(key)) {
        queryOptions.set(key === 'sink.delivery-guarantee' ? 'processing.guarantee' : key, value)
        return
      }
      const type = optionType(definition, key, property, use)
      const normal = type.normalize(value)
      if (normal === undefined) {
        fail(
          property.value.span,
          'INVALID_OPTION',
          `option "${key}" of connector "${definition.kind}" is ${type.expects}`,
        )
      }
      options[key] = normal
    })
  }
  for (const key of definition.required) {
    if (options[key] !== undefined || given.has(key)) continue
    diagnostics.error(node.span, 'MISSING_OPTION', `connector "${definition.kind}" needs the option "${key}"`)
  }
  if (definition.kind === 'embedded') {
    options['topic'] ??= use.name
    options['partitions'] ??= '1'
  }
  const format = bindFormat(node, given.get('format'), use, definition, formatOptions)
  return { connector: { kind: definition.kind, options }, format, queryOptions }
}

function definitionOf(node: Connector, given: ReadonlyMap<string, Property>, use: ConnectorUse): ConnectorDefinition {
  const property = given.get('connector')
  const name = property === undefined ? 'embedded' : literalText(property.value).toLowerCase()
  const span = property?.value.span ?? node.span
  if (PLANNED_CONNECTORS.has(name)) {
    notSupported(span, `connector "${name}"`, `There are: ${names(use.role).join(', ')}.`)
  }
  const definition = CONNECTORS[name]
  if (definition === undefined || !Object.hasOwn(CONNECTORS, name)) {
    fail(span, 'INVALID_OPTION', `there is no connector "${name}"`, {
      hint: didYouMean(name, names(use.role), 'There are'),
    })
  }
  if (!definition[use.role]) {
    fail(span, 'INVALID_OPTION', `connector "${name}" is no ${use.role}`, {
      hint: `There are: ${names(use.role).join(', ')}.`,
    })
  }
  return definition
}

function names(role: 'source' | 'sink'): readonly string[] {
  return Object.keys(CONNECTORS).filter((name) => CONNECTORS[name]?.[role])
}

/** By key, aliases resolved. */
export function properties(list: readonly Property[], diagnostics: Diagnostics): Map<string, Property> {
  const all = new Map<string, Property>()
  for (const property of list) {
    const key = ALIASES[property.key] ?? property.key
    if (all.has(key)) diagnostics.error(property.keySpan, 'DUPLICATE_NAME', `option "${key}" is given twice`)
    all.set(key, property)
  }
  return all
}

function optionType(definition: ConnectorDefinition, key: string, property: Property, use: ConnectorUse): OptionType {
  const field = /^fields\.(.+)\.([^.]+)$/.exec(key)
  if (field !== null && definition.fields !== undefined) {
    const [, columnName = '', option = ''] = field
    if (!use.columns.includes(columnName)) {
      fail(property.keySpan, 'UNKNOWN_COLUMN', `there is no column "${columnName}"`, {
        hint: didYouMean(columnName, use.columns, 'Its columns'),
      })
    }
    const type = own(definition.fields, option)
    if (type !== undefined) return type
    fail(property.keySpan, 'UNKNOWN_OPTION', `columns of connector "${definition.kind}" have no option "${option}"`, {
      hint: didYouMean(option, Object.keys(definition.fields), 'There are'),
    })
  }
  const type = own(definition.options, key) ?? (use.role === 'source' ? own(SOURCE_OPTIONS, key) : undefined)
  if (type !== undefined) return type
  const known = [
    ...Object.keys(definition.options),
    ...(use.role === 'source' ? Object.keys(SOURCE_OPTIONS) : SINK_QUERY_KEYS),
  ]
  fail(property.keySpan, 'UNKNOWN_OPTION', `connector "${definition.kind}" has no option "${key}"`, {
    hint: didYouMean(key, known) ?? `It has: ${known.join(', ')}.`,
  })
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** The value of an option as text: options are strings in plans. */
export function literalText(value: Literal): string {
  switch (value.kind) {
    case 'string':
      return value.value
    case 'integer':
      return value.value.toString()
    case 'decimal':
    case 'double':
      return value.text
    case 'boolean':
      return String(value.value)
    case 'interval':
      if (value.months === 0) return `${value.ms} ms`
      return fail(value.span, 'INVALID_OPTION', 'a month has no fixed length')
    default:
      return fail(value.span, 'INVALID_OPTION', 'an option is a text, a number, a flag or an interval')
  }
}

const FORMAT_KEYS: Readonly<Record<string, readonly string[]>> = {
  csv: ['delimiter', 'header'],
  json: [],
  bytes: [],
}

function bindFormat(
  node: Connector,
  short: Property | undefined,
  use: ConnectorUse,
  definition: ConnectorDefinition,
  options: Record<string, string>,
): FormatSpec {
  const { format } = node
  if (format === undefined) return formatOf(short, use)
  if (short !== undefined) {
    fail(short.keySpan, 'INVALID_OPTION', 'the format is said twice: by the option and by FORMAT … ENCODE …')
  }
  if (format.envelope === 'debezium') notSupported(format.span, 'FORMAT DEBEZIUM')
  if (format.encoding === 'avro' || format.encoding === 'protobuf') {
    notSupported(format.span, `ENCODE ${format.encoding.toUpperCase()}`)
  }
  for (const property of format.properties) {
    const known = FORMAT_KEYS[format.encoding] ?? []
    if (!known.includes(property.key)) {
      fail(
        property.keySpan,
        'UNKNOWN_OPTION',
        `ENCODE ${format.encoding.toUpperCase()} has no option "${property.key}"`,
        {
          hint: didYouMean(property.key, known, 'There are'),
        },
      )
    }
    options[property.key] = literalText(property.value)
  }
  if (format.envelope === 'upsert' && use.role === 'source' && !use.keyed) {
    fail(format.span, 'INVALID_OPTION', 'FORMAT UPSERT needs a key', { hint: 'Declare a TABLE with a PRIMARY KEY.' })
  }
  if (definition.kind === 'datagen') fail(format.span, 'INVALID_OPTION', 'connector "datagen" has no format')
  return { envelope: format.envelope, encoding: format.encoding, options }
}

/** Flink's option: json, csv, raw. */
function formatOf(short: Property | undefined, use: ConnectorUse): FormatSpec {
  const envelope = use.keyed ? 'upsert' : 'plain'
  if (short === undefined) return { envelope, encoding: 'json', options: {} }
  const name = literalText(short.value).toLowerCase()
  switch (name) {
    case 'json':
    case 'csv':
      return { envelope, encoding: name, options: {} }
    case 'raw':
    case 'bytes':
      return { envelope, encoding: 'bytes', options: {} }
    case 'debezium-json':
    case 'avro':
    case 'avro-confluent':
    case 'protobuf':
    case 'canal-json':
    case 'maxwell-json':
      return notSupported(short.value.span, `format "${name}"`)
    default:
      return fail(short.value.span, 'INVALID_OPTION', `there is no format "${name}"`, {
        hint: 'There are: json, csv, raw.',
      })
  }
}
