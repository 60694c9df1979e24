// What WITH (…) and FORMAT … ENCODE … of a stream, table or sink may say. One table a connector: unknown keys are
// errors, values are checked here, and what is stored is normal: durations in milliseconds, sizes in bytes.

import type { Connector, Property } from '../../grammar/ast.ts'
import { must } from '../core/assert.ts'
import { COMPRESSIONS } from '../core/compression.ts'
import { PARTITIONS_MAX } from '../core/limits.ts'
import { namePattern } from '../core/name-pattern.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import { SESSION_KEYS } from './bind/session.ts'
import type { Diagnostics } from './diagnostics.ts'
import { fail, notSupported } from './diagnostics.ts'
import { checkNoFormat, EXTERNAL_STORES, isExternalStore, OUTBOX_FORMAT, withDefaults } from './external-stores.ts'
import { isFormatKey } from './format-options.ts'
import { bindFormat } from './formats.ts'
import { LOOKUP_FORMAT } from './lookups.ts'
import {
  anyNumber,
  anyText,
  bytes,
  duration,
  integer,
  literalText,
  numberTo,
  type OptionType,
  oneOf,
  own,
  properties,
  share,
  text,
  time,
} from './options.ts'
import type { ConnectorSpec, FormatSpec } from './physical/nodes.ts'

/** Rows per second that the generator makes at most: more than one core does. */
const DATAGEN_RATE_MAX = 10_000_000

/** What a column of the generator may be; `time` is also called `event-time`. */
export const DATAGEN_KINDS = [
  'sequence',
  'random',
  'choice',
  'string',
  'uuid',
  'constant',
  'time',
  'event-time',
] as const

export interface ConnectorDefinition {
  readonly kind: ConnectorSpec['kind']
  readonly source: boolean
  readonly sink: boolean
  readonly required: readonly string[]
  readonly options: Readonly<Record<string, OptionType>>
  /** Options that only a source has, beside SOURCE_OPTIONS. */
  readonly sourceOptions?: Readonly<Record<string, OptionType>>
  /** Options that only a sink has. */
  readonly sinkOptions?: Readonly<Record<string, OptionType>>
  /** Options of a column: `fields.<column>.<option>`. */
  readonly fields?: Readonly<Record<string, OptionType>>
}

/** The connectors that are a topic of the server's log: the embedded one, or Kafka. */
export function isLogConnector(kind: ConnectorSpec['kind']): boolean {
  return kind === 'embedded' || kind === 'kafka'
}

const ON_ERROR = oneOf('dead-letter', 'skip', 'fail')

export const SOURCE_OPTIONS: Readonly<Record<string, OptionType>> = {
  on_error: ON_ERROR,
  dead_letter_topic: text,
  'scan.startup.mode': oneOf('earliest', 'latest', 'timestamp', 'group-offsets', 'earliest-offset', 'latest-offset'),
  'scan.startup.timestamp-millis': integer(0, Number.MAX_SAFE_INTEGER),
  'scan.bounded.mode': oneOf('unbounded', 'latest-offset'),
  'scan.watermark.idle-timeout': duration,
  'scan.watermark.emit.strategy': oneOf('on-event', 'on-periodic'),
}

/** Of a source on a log, whose topics may be several. */
const PATTERN_OPTIONS: Readonly<Record<string, OptionType>> = {
  'topic-pattern': text,
  'scan.topic-partition-discovery.interval': duration,
}

export const CONNECTORS: Readonly<Record<string, ConnectorDefinition>> = {
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
    sourceOptions: PATTERN_OPTIONS,
  },
  kafka: {
    kind: 'kafka',
    source: true,
    sink: true,
    required: [],
    options: {
      topic: text,
      partitions: integer(1, PARTITIONS_MAX),
      'retention.ms': duration,
      'retention.bytes': bytes,
      key: text,
      // What others need to find the cluster; here it is the server's, and the brokers are part of its settings.
      'properties.bootstrap.servers': text,
      'properties.group.id': text,
      'properties.auto.offset.reset': oneOf('earliest', 'latest', 'none'),
    },
    sourceOptions: PATTERN_OPTIONS,
    sinkOptions: { headers: text, compression: oneOf(...COMPRESSIONS) },
  },
  datagen: {
    kind: 'datagen',
    source: true,
    sink: false,
    required: [],
    options: {
      'rows-per-second': numberTo(DATAGEN_RATE_MAX),
      'number-of-rows': integer(0, Number.MAX_SAFE_INTEGER),
      seed: integer(0, Number.MAX_SAFE_INTEGER),
      partitions: integer(1, PARTITIONS_MAX),
      'start-time': time,
      disorder: duration,
      'late.share': share,
      'late.by': duration,
    },
    fields: {
      kind: oneOf(...DATAGEN_KINDS),
      min: anyNumber,
      max: anyNumber,
      start: anyNumber,
      end: anyNumber,
      step: anyNumber,
      values: text,
      weights: text,
      distribution: oneOf('uniform', 'zipf'),
      prefix: anyText,
      length: integer(1, 65_536),
      cardinality: integer(1, 1_000_000_000),
      value: anyText,
      'null-rate': share,
    },
  },
  file: {
    kind: 'file',
    source: true,
    sink: false,
    required: ['path'],
    options: { path: text },
  },
  ...EXTERNAL_STORES,
  blackhole: { kind: 'blackhole', source: false, sink: true, required: [], options: {} },
  print: { kind: 'print', source: false, sink: true, required: [], options: { prefix: text } },
}

/** Known to users of the other systems, and not here yet. */
const PLANNED_CONNECTORS = new Set(['upsert-kafka', 'jdbc', 'filesystem', 's3', 'nats'])

/** Options of the query that stand beside those of a sink's connector. */
const SINK_QUERY_KEYS: readonly string[] = [...SESSION_KEYS, 'sink.delivery-guarantee']

/** Options of where rows go, of any connector or format. */
export function isSinkOption(key: string): boolean {
  const sinks = Object.values(CONNECTORS).filter((one) => one.sink)
  return (
    key === 'connector' ||
    isFormatKey(key) ||
    sinks.some((one) => (own(one.options, key) ?? own(one.sinkOptions ?? {}, key)) !== undefined)
  )
}

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
  const queryOptions = new Map<string, string>()
  for (const [key, property] of given) {
    if (key === 'connector' || isFormatKey(key)) continue
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
  if (options['topic-pattern'] !== undefined) checkPattern(given, options['topic-pattern'], use)
  else {
    if (isLogConnector(definition.kind)) options['topic'] ??= use.name
    if (definition.kind === 'embedded') options['partitions'] ??= '1'
  }
  const connector: ConnectorSpec = { kind: definition.kind, options }
  if (isExternalStore(connector.kind)) {
    checkNoFormat(node, connector.kind)
    const format = use.role === 'sink' ? OUTBOX_FORMAT : LOOKUP_FORMAT
    return { connector: withDefaults(connector, use.name), format, queryOptions }
  }
  return { connector, format: bindFormat(node, given, use, connector, diagnostics), queryOptions }
}

/** What the topics that match would each have of their own, or none of them has. */
const NOT_WITH_PATTERN = ['topic', 'partitions', 'retention.ms', 'retention.bytes']

function checkPattern(given: ReadonlyMap<string, Property>, text: string, use: ConnectorUse): void {
  const property = must(given.get('topic-pattern'), 'it has been given')
  if (use.keyed) {
    fail(
      property.keySpan,
      'INVALID_OPTION',
      'a table reads one topic: of two rows of a key nobody could tell the last',
      {
        hint: 'Read the topics as a stream, and keep the last row of each key with a query.',
      },
    )
  }
  const pattern = namePattern(text)
  if ('fault' in pattern) {
    fail(property.value.span, 'INVALID_OPTION', `"topic-pattern" is no regular expression: ${pattern.fault}`, {
      hint: 'It is in the syntax of RE2, without look-around and back-references.',
    })
  }
  for (const key of NOT_WITH_PATTERN) {
    const other = given.get(key)
    if (other !== undefined) fail(other.keySpan, 'INVALID_OPTION', `"${key}" can't be said beside "topic-pattern"`)
  }
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
  const ofRole = use.role === 'source' ? sourceOptionsOf(definition) : (definition.sinkOptions ?? {})
  const type = own(definition.options, key) ?? own(ofRole, key)
  if (type !== undefined) return type
  const known = [
    ...Object.keys(definition.options),
    ...Object.keys(ofRole),
    ...(use.role === 'source' ? [] : SINK_QUERY_KEYS),
  ]
  fail(property.keySpan, 'UNKNOWN_OPTION', `connector "${definition.kind}" has no option "${key}"`, {
    hint: didYouMean(key, known) ?? `It has: ${known.join(', ')}.`,
  })
}

/** A row that is looked up has no place in a log to begin at, nor a record that could be bad. */
function sourceOptionsOf({ kind, sourceOptions }: ConnectorDefinition): Readonly<Record<string, OptionType>> {
  return isExternalStore(kind) ? { ...sourceOptions } : { ...SOURCE_OPTIONS, ...sourceOptions }
}
