// FORMAT … ENCODE … as the options of Flink's formats.

import { must } from '../../core/assert.ts'
import type { Field } from '../../core/schema.ts'
import type { SourceRelation } from '../catalog.ts'
import { DEFAULT_REGISTRY } from '../format-options.ts'
import type { FormatSpec } from '../physical/nodes.ts'
import { Gap, type Note } from './gap.ts'

type Options = Readonly<Record<string, string>>

export function sourceFormat(relation: SourceRelation): Options {
  const { format, schema, onError } = relation
  if (format.envelope === 'plain' && schema.key.length > 0) {
    throw new Gap(`FORMAT PLAIN of table "${relation.name}"`, {
      hint: 'In Flink a table is read as upserts by the key of the records, or from Debezium.',
    })
  }
  if (format.envelope === 'debezium') return debezium(format)
  const value = valueFormat(format, format.envelope === 'upsert' ? 'value.' : '')
  const isLenient = onError !== 'fail' && (format.encoding === 'json' || format.encoding === 'csv')
  const prefix = format.envelope === 'upsert' ? 'value.' : ''
  return isLenient ? { ...value, [`${prefix}${format.encoding}.ignore-parse-errors`]: 'true' } : value
}

/** `prefix`: `value.` where the record's key has a format too. */
export function valueFormat({ encoding, options }: FormatSpec, prefix: '' | 'value.'): Options {
  const key = `${prefix}format`
  switch (encoding) {
    case 'json':
      if (options['schema.registry'] !== undefined) throw new Gap('JSON whose schema is in a registry')
      // With a Z, as Weir writes an instant.
      return { [key]: 'json', [`${prefix}json.timestamp-format.standard`]: 'ISO-8601' }
    case 'csv': {
      const { delimiter, null: missing } = options
      return {
        [key]: 'csv',
        ...(delimiter === undefined ? {} : { [`${prefix}csv.field-delimiter`]: delimiter }),
        // By itself a cell without anything is NULL in Weir, and an empty text in Flink.
        [`${prefix}csv.null-literal`]: missing ?? '',
      }
    }
    case 'avro':
      return registryFormat(options, key, `${prefix}avro-confluent`)
    case 'bytes':
      return { [key]: 'raw' }
    default:
      throw new Gap(`ENCODE ${encoding.toUpperCase()}`, {
        find: (node) => node.kind === 'connector',
        hint: encoding === 'protobuf' ? 'Flink needs the Java class of the message.' : undefined,
      })
  }
}

function registryFormat(options: Options, key: string, prefix: string): Options {
  const registry = options['schema.registry']
  if (registry === undefined) throw new Gap('ENCODE AVRO without a schema registry')
  const subject = options['subject']
  return {
    [key]: 'avro-confluent',
    [`${prefix}.url`]: registry === DEFAULT_REGISTRY ? REGISTRY_GUESS : registry,
    ...(subject === undefined ? {} : { [`${prefix}.subject`]: subject }),
  }
}

export function registryNotes({ options }: FormatSpec): readonly Note[] {
  if (options['schema.registry'] !== DEFAULT_REGISTRY) return []
  return [
    {
      text: `the schema registry is that of the server; here it is ${REGISTRY_GUESS}: set its address`,
      find: undefined,
    },
  ]
}

/** Where Confluent's registry listens by itself. */
const REGISTRY_GUESS = 'http://localhost:8081'

function debezium({ encoding, options }: FormatSpec): Options {
  if (encoding === 'avro') return registryFormat(options, 'format', 'debezium-avro-confluent')
  return { format: 'debezium-json', 'debezium-json.timestamp-format.standard': 'ISO-8601' }
}

/** The key of the records: of upserts, or where a column is the key itself. */
export function keyFormat({ columns, schema, format }: SourceRelation): Options {
  if (format.envelope === 'upsert') {
    return upsertKey(schema.key.map((index) => must(schema.fields[index], 'a key column')))
  }
  const keys = columns.filter((one) => one.from === 'key')
  const [key, second] = keys
  if (key === undefined) return {}
  if (second !== undefined) throw new Gap('two columns for the key of a record')
  return { 'key.format': 'raw', 'key.fields': key.name, 'value.fields-include': 'EXCEPT_KEY' }
}

/** Rows of a key meet in one partition, also where none replaces another. */
export function plainKey(fields: readonly Field[], note: (note: Note) => void): Options {
  const [only, second] = fields
  if (only === undefined) return {}
  if (second === undefined && !isKeyText(only)) {
    const text = `records have no key: Flink writes a ${only.type.kind.toUpperCase()} in another way than Weir`
    note({ text, find: undefined })
    return {}
  }
  // Flink separates the names by it.
  const divided = fields.find(({ name }) => name.includes(';'))
  if (divided !== undefined) throw new Gap(`a semicolon in the name of a key: "${divided.name}"`)
  return { ...upsertKey(fields), 'key.fields': fields.map(({ name }) => name).join(';') }
}

/** One column is the key as its text, several are a JSON object: as Weir writes keys. */
export function upsertKey(fields: readonly Field[]): Options {
  const [first, second] = fields
  if (first === undefined) {
    throw new Gap('a topic of changes whose rows have no key', {
      hint: 'Keep the columns that tell rows apart in the list of SELECT.',
    })
  }
  const all = { 'value.fields-include': 'ALL' }
  if (second !== undefined) {
    return { 'key.format': 'json', 'key.json.timestamp-format.standard': 'ISO-8601', ...all }
  }
  if (!isKeyText(first)) throw new Gap(`a key of type ${first.type.kind.toUpperCase()}`)
  // Of CSV one cell: the text of the value.
  return { 'key.format': first.type.kind === 'string' ? 'raw' : 'csv', ...all }
}

/** Whether both write a key of this one column alike. */
function isKeyText({ type }: Field): boolean {
  return ['string', 'int', 'bigint', 'decimal', 'boolean', 'date'].includes(type.kind)
}
