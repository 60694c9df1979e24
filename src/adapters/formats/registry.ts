import { AppError } from '../../core/errors.ts'
import type { FormatRegistry } from '../../engine/ports/format.ts'
import type { FormatSpec } from '../../plan/physical/nodes.ts'
import { BytesDecoder, BytesEncoder } from './bytes-format.ts'
import { CsvDecoder, CsvEncoder, csvOptions } from './csv-format.ts'
import { JsonDecoder } from './json-decoder.ts'
import { JsonEncoder } from './json-encoder.ts'
import { RowsDecoder, RowsEncoder } from './rows-format.ts'
import { UpsertDecoder } from './upsert-decoder.ts'

/** All formats of this release: JSON, CSV and BYTES in the plain envelope, JSON upserts, and our own rows. */
export const FORMATS: FormatRegistry = {
  decoder(format, fields) {
    if (format.envelope === 'upsert' && format.encoding === 'json') return new UpsertDecoder(fields)
    if (format.envelope !== 'plain') throw notSupported(format, 'read')
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
  },
  encoder(format, schema) {
    const upsert = format.envelope === 'upsert'
    if (format.envelope === 'debezium' || (upsert && format.encoding !== 'json')) throw notSupported(format, 'written')
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
    throw notSupported(format, 'asked for its columns')
  },
}

/** The registry of this release; it has no state, so that all callers share one. */
export function formatRegistry(): FormatRegistry {
  return FORMATS
}

function notSupported(format: FormatSpec, done: string): AppError {
  const name = `FORMAT ${format.envelope.toUpperCase()} ENCODE ${format.encoding.toUpperCase()}`
  return new AppError('NOT_SUPPORTED', `${name} can't be ${done}`, {
    hint: 'Use FORMAT PLAIN with ENCODE JSON, CSV or BYTES.',
  })
}
