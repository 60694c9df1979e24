import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { Decoder, FormatRegistry } from '../../engine/ports/format.ts'
import type { FormatSpec, SourceField } from '../../plan/physical/nodes.ts'
import type { SchemaRegistry, SchemaText } from '../schema-registry/schema-registry.ts'
import { AVRO } from './avro/avro-language.ts'
import { BytesDecoder, BytesEncoder } from './bytes-format.ts'
import { CsvDecoder, CsvEncoder, csvOptions } from './csv-format.ts'
import { DeadLetterDecoder } from './dead-letter-decoder.ts'
import type { DebeziumOptions } from './debezium/connect-types.ts'
import { DebeziumDecoder } from './debezium/debezium-decoder.ts'
import { DebeziumJson } from './debezium/debezium-json.ts'
import { FramedDecoder } from './framed-decoder.ts'
import { inferColumns } from './infer-columns.ts'
import { JsonDecoder } from './json-decoder.ts'
import { JsonEncoder } from './json-encoder.ts'
import { JSON_SCHEMA } from './json-schema/json-schema-language.ts'
import { KeyDecoder } from './key-decoder.ts'
import { PROTOBUF } from './protobuf/proto-language.ts'
import { type DefaultRegistry, RegistryClients } from './registry-clients.ts'
import { RowsDecoder, RowsEncoder } from './rows-format.ts'
import { SchemaDecoder, type SchemaSource } from './schema-decoder.ts'
import { SchemaEncoder } from './schema-encoder.ts'
import type { SchemaLanguage, WritableLanguage } from './schema-language.ts'
import { UpsertDecoder } from './upsert-decoder.ts'

/** Where the formats find what they do not hold themselves. */
export interface FormatRegistryOptions {
  /** What `"schema.registry" = 'default'` means, which is also what is meant without that option. */
  readonly schemaRegistry?: DefaultRegistry | undefined
}

/** All formats of this release: for each, what reads its records and what writes them. */
export function formatRegistry(options: FormatRegistryOptions = {}): FormatRegistry {
  const formats = new Formats(new RegistryClients(options.schemaRegistry))
  return {
    decoder: (format, fields) => formats.decoder(format, fields),
    encoder: (format, schema) => formats.encoder(format, schema),
    inferColumns: async (format) => {
      const language = languageOf(format)
      if (language === undefined) throw notSupported(format, 'asked for its columns')
      return inferColumns(language, formats.sourceOf(format, language), format.envelope)
    },
  }
}

class Formats {
  readonly #clients: RegistryClients

  constructor(clients: RegistryClients) {
    this.#clients = clients
  }

  decoder(format: FormatSpec, fields: readonly SourceField[]): Decoder {
    switch (format.envelope) {
      case 'plain':
        return this.#values(format, fields)
      case 'upsert':
        if (!WITH_DELETES.includes(format.encoding)) throw notSupported(format, 'read')
        return new UpsertDecoder(this.#values(format, fields), this.#keys(format, fields))
      case 'debezium':
        if (format.encoding !== 'json' && format.encoding !== 'avro') throw notSupported(format, 'read')
        return new DebeziumDecoder(
          fields,
          must(keyNames(format), 'a table of changes has a key'),
          (inner) => this.#values(format, inner),
          this.#keys(format, fields),
        )
    }
  }

  encoder(format: FormatSpec, schema: Parameters<FormatRegistry['encoder']>[1]): ReturnType<FormatRegistry['encoder']> {
    const upsert = format.envelope === 'upsert'
    if (format.envelope === 'debezium' || (upsert && !WITH_DELETES.includes(format.encoding))) {
      throw notSupported(format, 'written')
    }
    const language = languageOf(format)
    if (language !== undefined) return new SchemaEncoder(language, this.sourceOf(format, language), schema, upsert)
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
  }

  sourceOf(format: FormatSpec, language: WritableLanguage): SchemaSource {
    const { schema, 'schema.id': id, subject, message } = format.options
    const text: SchemaText | undefined =
      schema === undefined ? undefined : { type: language.type, text: schema, references: [] }
    const schemaId = id === undefined ? undefined : Number(id)
    return { registry: this.#clients.of(format), schemaId, text, subject, message }
  }

  #values(format: FormatSpec, fields: readonly SourceField[]): Decoder {
    const binary = binaryLanguage(format)
    if (binary !== undefined) return new SchemaDecoder(binary, this.sourceOf(format, binary), fields)
    switch (format.encoding) {
      case 'json': {
        const json = jsonDecoder(format, fields)
        return this.#clients.of(format) === undefined ? json : new FramedDecoder(json)
      }
      case 'csv':
        return new CsvDecoder(fields, csvOptions(format.options))
      case 'bytes':
        return new BytesDecoder(fields)
      case 'rows':
        return new RowsDecoder(fields, format.options['columns'])
      case 'dead-letter':
        return new DeadLetterDecoder(fields)
      default:
        throw notSupported(format, 'read')
    }
  }

  /** Keys name schemas of their own; only the language that those are in is known from the values. */
  #keys(format: FormatSpec, fields: readonly SourceField[]): KeyDecoder {
    const registry = this.#clients.of(format)
    return new KeyDecoder(fields, keyNames(format), {
      json: (all) => jsonDecoder(format, all),
      schema: registry && ((columns) => keySchemaDecoder(format, registry, columns)),
    })
  }
}

function jsonDecoder(format: FormatSpec, fields: readonly SourceField[]): Decoder {
  if (format.envelope !== 'debezium') return new JsonDecoder(fields)
  const { 'decimal.handling.mode': decimals, 'timestamp.unit': timestampUnit } = format.options
  return new DebeziumJson(fields, { decimals, timestampUnit } as DebeziumOptions)
}

function keySchemaDecoder(format: FormatSpec, registry: SchemaRegistry, columns: readonly SourceField[]): Decoder {
  const binary = binaryLanguage(format)
  if (binary === undefined) return new FramedDecoder(jsonDecoder(format, columns))
  const source = { registry, schemaId: undefined, text: undefined, subject: undefined, message: undefined }
  return new SchemaDecoder(binary, source, columns)
}

/** The formats without a registry of the server's own. */
export const FORMATS: FormatRegistry = formatRegistry()

/** Encodings in which a record can do without a value. */
const WITH_DELETES: readonly FormatSpec['encoding'][] = ['json', 'avro', 'protobuf']

function keyNames({ options: { key } }: FormatSpec): readonly string[] | undefined {
  return key === undefined ? undefined : (JSON.parse(key) as readonly string[])
}

function binaryLanguage({ encoding }: FormatSpec): SchemaLanguage | undefined {
  return encoding === 'avro' ? AVRO : encoding === 'protobuf' ? PROTOBUF : undefined
}

function languageOf(format: FormatSpec): WritableLanguage | undefined {
  const isJson = format.encoding === 'json' && format.options['schema.registry'] !== undefined
  return binaryLanguage(format) ?? (isJson ? JSON_SCHEMA : undefined)
}

function notSupported(format: FormatSpec, done: string): AppError {
  const name = `FORMAT ${format.envelope.toUpperCase()} ENCODE ${format.encoding.toUpperCase()}`
  return new AppError('NOT_SUPPORTED', `${name} can't be ${done}`, {
    hint: 'Use FORMAT PLAIN with ENCODE JSON, AVRO, PROTOBUF, CSV or BYTES.',
  })
}
