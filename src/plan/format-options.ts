// What the formats may be told, beside their names: one table an encoding, and what the envelopes add to it.

import { anyText, character, flag, integer, type OptionType, oneOf, secret, text } from './options.ts'
import type { FormatSpec } from './physical/nodes.ts'

export type Encoding = FormatSpec['encoding']
export type Envelope = FormatSpec['envelope']
type Options = Readonly<Record<string, OptionType>>

/** The registry that the server is configured with. */
export const DEFAULT_REGISTRY = 'default'
/** Addresses of one registry at most. */
const REGISTRY_URLS_MAX = 10
const SCHEMA_ID_MAX = 0xffff_ffff

/** One or several addresses. What logs in stands elsewhere: an address is shown. */
const registryUrls: OptionType = {
  expects: "the address of a schema registry, such as 'http://localhost:8081', without user and password, or 'default'",
  normalize: (value) => {
    if (value.toLowerCase() === DEFAULT_REGISTRY) return DEFAULT_REGISTRY
    const urls = value.split(',').map((one) => one.trim())
    return urls.length <= REGISTRY_URLS_MAX && urls.every(isRegistryUrl) ? urls.join(',') : undefined
  },
}

function isRegistryUrl(value: string): boolean {
  return /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i.test(value)
}

const REGISTRY: Options = {
  'schema.registry': registryUrls,
  'schema.registry.user': text,
  'schema.registry.password': secret,
  subject: text,
  'schema.id': integer(0, SCHEMA_ID_MAX),
}

/** By encoding; encodings that take none are left out. */
export const ENCODING_OPTIONS: Readonly<Partial<Record<Encoding, Options>>> = {
  csv: { delimiter: character, header: flag, null: anyText },
  json: REGISTRY,
  avro: { ...REGISTRY, schema: text },
  protobuf: { ...REGISTRY, schema: text, message: text },
}

/** Names and values are those of Debezium's own properties where it has one for the same. */
export const DEBEZIUM_OPTIONS: Options = {
  'decimal.handling.mode': oneOf('precise', 'string', 'double'),
  'timestamp.unit': oneOf('ms', 'us', 'ns'),
}

export function formatOptions(envelope: Envelope, encoding: Encoding): Options {
  const options = ENCODING_OPTIONS[encoding] ?? {}
  return envelope === 'debezium' && encoding === 'json' ? { ...options, ...DEBEZIUM_OPTIONS } : options
}

/** Options of formats that stand in WITH (…) under their own names; those of CSV have a prefix there. */
const IN_WITH: ReadonlySet<string> = new Set([
  ...Object.keys(REGISTRY),
  ...Object.keys(ENCODING_OPTIONS.protobuf ?? {}),
  ...Object.keys(DEBEZIUM_OPTIONS),
])

export const CSV_PREFIX = 'csv.'

/** Options in WITH (…) that belong to the format. */
export function isFormatKey(key: string): boolean {
  return key === 'format' || key.startsWith(CSV_PREFIX) || IN_WITH.has(key)
}

/** True where a record names the schema that it was written with. */
export function usesRegistry({ options }: Pick<FormatSpec, 'options'>): boolean {
  return options['schema.registry'] !== undefined
}

/** The names in `format = '…'`: those of Flink, Confluent's Flink, ksqlDB and our own. */
export interface FormatName {
  /** `keyed`: upserts in a table, plain in a stream. */
  readonly envelope: Envelope | 'keyed'
  readonly encoding: Encoding
  /** The records name schemas of a registry. */
  readonly registry?: true
}

export const FORMAT_NAMES: Readonly<Record<string, FormatName>> = {
  json: { envelope: 'keyed', encoding: 'json' },
  'json-registry': { envelope: 'keyed', encoding: 'json', registry: true },
  csv: { envelope: 'plain', encoding: 'csv' },
  raw: { envelope: 'plain', encoding: 'bytes' },
  avro: { envelope: 'keyed', encoding: 'avro' },
  protobuf: { envelope: 'keyed', encoding: 'protobuf' },
  'debezium-json': { envelope: 'debezium', encoding: 'json' },
  'debezium-avro': { envelope: 'debezium', encoding: 'avro' },
}

/** Other names of the same. */
export const FORMAT_ALIASES: Readonly<Record<string, string>> = {
  bytes: 'raw',
  json_sr: 'json-registry',
  'json-schema': 'json-registry',
  'avro-confluent': 'avro',
  'avro-registry': 'avro',
  'protobuf-confluent': 'protobuf',
  'proto-registry': 'protobuf',
  'debezium-avro-confluent': 'debezium-avro',
  'avro-debezium-registry': 'debezium-avro',
}
