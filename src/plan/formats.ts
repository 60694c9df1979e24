// FORMAT … ENCODE … (…), and the option `format` with `csv.…` beside it, as Flink says the same.

import type { Connector, Property } from '../../grammar/ast.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import type { ConnectorUse } from './connectors.ts'
import type { Diagnostics } from './diagnostics.ts'
import { fail, notSupported } from './diagnostics.ts'
import { anyText, character, flag, literalText, type OptionType, own } from './options.ts'
import type { ConnectorSpec, FormatSpec } from './physical/nodes.ts'

type Encoding = FormatSpec['encoding']

export const FORMAT_OPTIONS: Readonly<Partial<Record<Encoding, Readonly<Record<string, OptionType>>>>> = {
  csv: { delimiter: character, header: flag, null: anyText },
}

const CSV_PREFIX = 'csv.'

/** Options in WITH (…) that belong to the format. */
export function isFormatKey(key: string): boolean {
  return key === 'format' || key.startsWith(CSV_PREFIX)
}

export function bindFormat(
  node: Connector,
  given: ReadonlyMap<string, Property>,
  use: ConnectorUse,
  connector: ConnectorSpec['kind'],
  diagnostics: Diagnostics,
): FormatSpec {
  const { format } = node
  const short = given.get('format')
  const bound = format === undefined ? formatOf(short, use) : formatClause(format, short, use)
  if (format !== undefined && connector === 'datagen') {
    fail(format.span, 'INVALID_OPTION', 'connector "datagen" has no format')
  }
  const written = [...given]
    .filter(([key]) => key.startsWith(CSV_PREFIX))
    .map(([key, property]) => ({
      property,
      shown: key,
      name: key.slice(CSV_PREFIX.length),
      encoding: 'csv' as Encoding,
    }))
  for (const property of format?.properties ?? []) {
    written.push({ property, shown: property.key, name: property.key, encoding: bound.encoding })
  }
  const options: Record<string, string> = {}
  for (const { property, shown, name, encoding } of written) {
    diagnostics.attempt(() => {
      if (encoding !== bound.encoding) {
        fail(property.keySpan, 'INVALID_OPTION', `option "${shown}" needs the format csv`, {
          hint: `The format is ${bound.encoding}: write "format" = 'csv', or FORMAT PLAIN ENCODE CSV.`,
        })
      }
      if (options[name] !== undefined) fail(property.keySpan, 'DUPLICATE_NAME', `option "${name}" is given twice`)
      options[name] = formatOption(bound.encoding, name, shown, property)
      if (name === 'header' && connector !== 'file') {
        fail(property.keySpan, 'INVALID_OPTION', `option "${shown}" is for files: a record of a log has no header`)
      }
    })
  }
  return { ...bound, options }
}

function formatOption(encoding: Encoding, name: string, shown: string, property: Property): string {
  const known = FORMAT_OPTIONS[encoding] ?? {}
  const type = own(known, name)
  if (type === undefined) {
    fail(property.keySpan, 'UNKNOWN_OPTION', `ENCODE ${encoding.toUpperCase()} has no option "${shown}"`, {
      hint: didYouMean(name, Object.keys(known), 'There are'),
    })
  }
  const normal = type.normalize(literalText(property.value))
  if (normal !== undefined) return normal
  return fail(property.value.span, 'INVALID_OPTION', `option "${shown}" is ${type.expects}`)
}

function formatClause(
  format: NonNullable<Connector['format']>,
  short: Property | undefined,
  use: ConnectorUse,
): Omit<FormatSpec, 'options'> {
  if (short !== undefined) {
    fail(short.keySpan, 'INVALID_OPTION', 'the format is said twice: by the option and by FORMAT … ENCODE …')
  }
  if (format.envelope === 'debezium') notSupported(format.span, 'FORMAT DEBEZIUM')
  if (format.encoding === 'avro' || format.encoding === 'protobuf') {
    notSupported(format.span, `ENCODE ${format.encoding.toUpperCase()}`)
  }
  if (format.envelope === 'upsert' && use.role === 'source' && !use.keyed) {
    fail(format.span, 'INVALID_OPTION', 'FORMAT UPSERT needs a key', { hint: 'Declare a TABLE with a PRIMARY KEY.' })
  }
  if (format.envelope === 'upsert' && format.encoding !== 'json') {
    const hint = 'FORMAT PLAIN of a TABLE: each record is the new row of its key.'
    notSupported(format.span, `FORMAT UPSERT ENCODE ${format.encoding.toUpperCase()}`, hint)
  }
  return { envelope: format.envelope, encoding: format.encoding }
}

/** Flink's option: json, csv, raw. Only JSON has deletes; of the others each record is the new row of its key. */
function formatOf(short: Property | undefined, use: ConnectorUse): Omit<FormatSpec, 'options'> {
  const json = { envelope: use.keyed ? 'upsert' : 'plain', encoding: 'json' } as const
  if (short === undefined) return json
  const name = literalText(short.value).toLowerCase()
  switch (name) {
    case 'json':
      return json
    case 'csv':
      return { envelope: 'plain', encoding: 'csv' }
    case 'raw':
    case 'bytes':
      return { envelope: 'plain', encoding: 'bytes' }
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
