import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { Decoder, FormatRegistry } from '../../engine/ports/format.ts'
import type { FormatSpec, SourceField } from '../../plan/physical/nodes.ts'
import { SchemaRegistry, type SchemaText } from '../schema-registry/schema-registry.ts'
import { AVRO } from './avro/avro-language.ts'
import { BytesDecoder, BytesEncoder } from './bytes-format.ts'
import { CsvDecoder, CsvEncoder, csvOptions } from './csv-format.ts'
import type { DebeziumOptions } from './debezium/connect-types.ts'
import { DebeziumDecoder } from './debezium/debezium-decoder.ts'
import { DebeziumJson } from './debezium/debezium-json.ts'
import { JsonDecoder } from './json-decoder.ts'
import { JsonEncoder } from './json-encoder.ts'
import { KeyDecoder } from './key-decoder.ts'
import { PROTOBUF } from './protobuf/proto-language.ts'
import { RowsDecoder, RowsEncoder } from './rows-format.ts'
import { SchemaDecoder, type SchemaSource } from './schema-decoder.ts'
import { SchemaEncoder } from './schema-encoder.ts'
import { schemaFault } from './schema-faults.ts'
import type { SchemaLanguage } from './schema-language.ts'
import { UpsertDecoder } from './upsert-decoder.ts'

/** Where the formats find what they do not hold themselves. */
export interface FormatRegistryOptions {
  /** What `"schema.registry" = 'default'` means, which is also what is meant without that option. */
  readonly schemaRegistry?: DefaultRegistry | undefined
}

export interface DefaultRegistry {
  /** One or several addresses, separated by commas. */
  readonly url: string
  readonly user: string | undefined
  /** A reference to a secret. */
  readonly password: string | undefined
}

/** All formats of this release. Clients of registries are shared by all queries, and with them what they have read. */
export function formatRegistry(options: FormatRegistryOptions = {}): FormatRegistry {
  const clients = new Map<string, SchemaRegistry>()
  const registryOf = (format: FormatSpec): SchemaRegistry | undefined => {
    const address = registryAddress(format, options.schemaRegistry)
    if (address === undefined) return undefined
    const key = JSON.stringify(address)
    const client = clients.get(key) ?? new SchemaRegistry(address)
    clients.set(key, client)
    return client
  }
  const sourceOf = (format: FormatSpec, language: SchemaLanguage): SchemaSource => {
    const { schema, 'schema.id': id, subject, message } = format.options
    const text: SchemaText | undefined =
      schema === undefined ? undefined : { type: language.type, text: schema, references: [] }
    return {
      registry: registryOf(format),
      schemaId: id === undefined ? undefined : Number(id),
      text,
      subject,
      message,
    }
  }
  const valueDecoder = (format: FormatSpec, fields: readonly SourceField[]): Decoder => {
    const language = languageOf(format)
    if (language !== undefined) return new SchemaDecoder(language, sourceOf(format, language), fields)
    switch (format.encoding) {
      case 'json':
        return new JsonDecoder(fields)
      case 'csv':
        return new CsvDecoder(fields, csvOptions(format.options))
      case 'bytes':
        return new BytesDecoder(fields)
      case 'rows':
        return new RowsDecoder(fields, format.options['columns'])
      default:
        throw notSupported(format, 'read')
    }
  }
  /** Keys name schemas of their own; only what names them is known from the values. */
  const keyDecoder = (format: FormatSpec, fields: readonly SourceField[]): KeyDecoder => {
    const language = languageOf(format)
    const registry = registryOf(format)
    const isDebezium = format.envelope === 'debezium'
    return new KeyDecoder(fields, keyNames(format), {
      json: (all) => (isDebezium ? new DebeziumJson(all, debeziumOptions(format)) : new JsonDecoder(all)),
      schema:
        language === undefined || registry === undefined
          ? undefined
          : (columns) => new SchemaDecoder(language, { ...ONLY_IDS, registry }, columns),
    })
  }
  const debeziumDecoder = (format: FormatSpec, fields: readonly SourceField[]): Decoder =>
    new DebeziumDecoder(
      fields,
      must(keyNames(format), 'a table of changes has a key'),
      (inner) =>
        languageOf(format) === undefined
          ? new DebeziumJson(inner, debeziumOptions(format))
          : valueDecoder(format, inner),
      keyDecoder(format, fields),
    )
  return {
    decoder(format, fields) {
      if (format.envelope === 'plain') return valueDecoder(format, fields)
      if (format.envelope === 'upsert' && DELETABLE.includes(format.encoding)) {
        return new UpsertDecoder(valueDecoder(format, fields), keyDecoder(format, fields))
      }
      if (format.envelope === 'debezium' && (format.encoding === 'json' || format.encoding === 'avro')) {
        return debeziumDecoder(format, fields)
      }
      throw notSupported(format, 'read')
    },
    encoder(format, schema) {
      const upsert = format.envelope === 'upsert'
      if (format.envelope === 'debezium') throw notSupported(format, 'written')
      const language = languageOf(format)
      if (language !== undefined) return new SchemaEncoder(language, sourceOf(format, language), schema, upsert)
      if (upsert && format.encoding !== 'json') throw notSupported(format, 'written')
      switch (format.encoding) {
        case 'json':
          return new JsonEncoder(schema, upsert)
        case 'csv':
          return new CsvEncoder(schema, csvOptions(format.options))
        case 'bytes':
          return new BytesEncoder(schema)
        case 'rows':
          return new RowsEncoder(schema)
        default:
          throw notSupported(format, 'written')
      }
    },
    async inferColumns(format) {
      const language = languageOf(format)
      if (language === undefined) throw notSupported(format, 'asked for its columns')
      const { registry, text, schemaId, subject, message } = sourceOf(format, language)
      const place = { path: format.envelope === 'debezium' ? ['after'] : [], message }
      if (registry === undefined) {
        const schema = must(text, 'a schema')
        return { columns: schemaFault('the schema', () => language.columns(schema, place)), options: {} }
      }
      if (text !== undefined)
        return { columns: schemaFault('the schema', () => language.columns(text, place)), options: {} }
      if (schemaId === undefined && subject === undefined) {
        throw new AppError(
          'INVALID_ARGUMENT',
          'the format needs the option "subject" or "schema.id" to know the columns',
        )
      }
      const found = schemaId === undefined ? await registry.latest(subject ?? '') : await registry.required(schemaId)
      if (found.type !== language.type) {
        throw new AppError(
          'FAILED_PRECONDITION',
          `schema ${found.id} of the registry is ${found.type}, not ${language.type}`,
        )
      }
      const columns = schemaFault(`schema ${found.id}`, () => language.columns(found, place))
      return { columns, options: { 'schema.id': String(found.id) } }
    },
  }
}

/** Encodings in which a record can do without a value. */
const DELETABLE: readonly FormatSpec['encoding'][] = ['json', 'avro', 'protobuf']

function keyNames({ options: { key } }: FormatSpec): readonly string[] | undefined {
  return key === undefined ? undefined : (JSON.parse(key) as readonly string[])
}

function debeziumOptions({ options }: FormatSpec): DebeziumOptions {
  const { 'decimal.handling.mode': decimals, 'timestamp.unit': timestampUnit } = options
  return { decimals, timestampUnit } as DebeziumOptions
}

const ONLY_IDS = { schemaId: undefined, text: undefined, subject: undefined, message: undefined }

/** The formats without a registry of the server's own. */
export const FORMATS: FormatRegistry = formatRegistry()

function languageOf({ encoding }: FormatSpec): SchemaLanguage | undefined {
  return encoding === 'avro' ? AVRO : encoding === 'protobuf' ? PROTOBUF : undefined
}

function registryAddress({ options }: FormatSpec, own: DefaultRegistry | undefined) {
  const { 'schema.registry': url, 'schema.registry.user': user, 'schema.registry.password': password } = options
  if (url === undefined) return undefined
  if (url !== 'default') return { urls: url.split(','), user, password }
  if (own === undefined) {
    throw new AppError('FAILED_PRECONDITION', 'no schema registry is known', {
      hint: `Give "schema.registry" = 'http://…', or start the server with --schema-registry-url.`,
    })
  }
  return { urls: own.url.split(','), user: user ?? own.user, password: password ?? own.password }
}

function notSupported(format: FormatSpec, done: string): AppError {
  const name = `FORMAT ${format.envelope.toUpperCase()} ENCODE ${format.encoding.toUpperCase()}`
  return new AppError('NOT_SUPPORTED', `${name} can't be ${done}`, {
    hint: 'Use FORMAT PLAIN with ENCODE JSON, AVRO, PROTOBUF, CSV or BYTES.',
  })
}
