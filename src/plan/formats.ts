// FORMAT … ENCODE … (…), and the option `format` with the options of formats beside it, as Flink says the same.

import type { Connector, Property } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/span.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import type { ConnectorUse } from './connectors.ts'
import type { Diagnostics } from './diagnostics.ts'
import { fail, notSupported } from './diagnostics.ts'
import {
  CSV_PREFIX,
  DEFAULT_REGISTRY,
  type Encoding,
  FORMAT_ALIASES,
  FORMAT_NAMES,
  formatOptions,
  isFormatKey,
} from './format-options.ts'
import { ALIASES, literalText, own } from './options.ts'
import type { ConnectorSpec, FormatSpec } from './physical/nodes.ts'

interface Written {
  readonly property: Property
  /** As the user wrote it. */
  readonly shown: string
  readonly name: string
  /** The encoding that the name belongs to; undefined where it is for whichever there is. */
  readonly only: Encoding | undefined
}

export function bindFormat(
  node: Connector,
  given: ReadonlyMap<string, Property>,
  use: ConnectorUse,
  connector: ConnectorSpec,
  diagnostics: Diagnostics,
): FormatSpec {
  const { format } = node
  const short = given.get('format')
  const bound = format === undefined ? formatOf(short, use) : formatClause(format, short, use)
  const span = format?.span ?? short?.value.span ?? node.span
  if (format !== undefined && connector.kind === 'datagen') {
    fail(format.span, 'INVALID_OPTION', 'connector "datagen" has no format')
  }
  if (connector.kind === 'file' && (bound.encoding === 'avro' || bound.encoding === 'protobuf')) {
    fail(span, 'INVALID_OPTION', `a file is read line by line, and ${bound.encoding} is no text`, {
      hint: 'Files may be JSON, CSV or BYTES.',
    })
  }
  const options: Record<string, string> = {}
  for (const one of [...inWith(given), ...inFormat(format?.properties ?? [])]) {
    diagnostics.attempt(() => {
      const { property, shown, name, only } = one
      if (only !== undefined && only !== bound.encoding) {
        fail(property.keySpan, 'INVALID_OPTION', `option "${shown}" needs the format ${only}`, {
          hint: `The format is ${bound.encoding}: write "format" = '${only}', or FORMAT PLAIN ENCODE ${only.toUpperCase()}.`,
        })
      }
      if (options[name] !== undefined) fail(property.keySpan, 'DUPLICATE_NAME', `option "${name}" is given twice`)
      options[name] = formatOption(bound, name, shown, property)
      if (name === 'header' && connector.kind !== 'file') {
        fail(property.keySpan, 'INVALID_OPTION', `option "${shown}" is for files: a record of a log has no header`)
      }
    })
  }
  if (needsRegistry(bound, options)) withRegistry(options, connector)
  return { envelope: bound.envelope, encoding: bound.encoding, options }
}

/** Known before the rest is bound: the columns depend on it. */
export function isDebezium({ format, properties }: Connector): boolean {
  if (format !== undefined) return format.envelope === 'debezium'
  const short = properties.find(({ key }) => (own(ALIASES, key) ?? key) === 'format')?.value
  const name = short?.kind === 'string' ? short.value.toLowerCase() : ''
  return own(FORMAT_NAMES, own(FORMAT_ALIASES, name) ?? name)?.envelope === 'debezium'
}

function* inWith(given: ReadonlyMap<string, Property>): Generator<Written> {
  for (const [key, property] of given) {
    if (key === 'format' || !isFormatKey(key)) continue
    const isCsv = key.startsWith(CSV_PREFIX)
    yield {
      property,
      shown: key,
      name: isCsv ? key.slice(CSV_PREFIX.length) : key,
      only: isCsv ? 'csv' : undefined,
    }
  }
}

function* inFormat(list: readonly Property[]): Generator<Written> {
  for (const property of list) {
    yield { property, shown: property.key, name: own(ALIASES, property.key) ?? property.key, only: undefined }
  }
}

/** Avro and Protobuf mean nothing without a schema; for JSON naming one in any way says that its records do, too. */
function needsRegistry({ encoding, registry }: BoundFormat, options: Readonly<Record<string, string>>): boolean {
  if (registry === true || options['schema.registry'] !== undefined) return true
  if (encoding === 'json') return options['subject'] !== undefined || options['schema.id'] !== undefined
  return (encoding === 'avro' || encoding === 'protobuf') && options['schema'] === undefined
}

/** TopicNameStrategy, the default of all serializers: the values of a topic are one subject. */
function withRegistry(options: Record<string, string>, connector: ConnectorSpec): void {
  options['schema.registry'] ??= DEFAULT_REGISTRY
  const topic = connector.options['topic']
  if (topic !== undefined) options['subject'] ??= `${topic}-value`
}

function formatOption(bound: BoundFormat, name: string, shown: string, property: Property): string {
  const known = formatOptions(bound.envelope, bound.encoding)
  const type = own(known, name)
  if (type === undefined) {
    const format = `${bound.envelope === 'debezium' ? 'FORMAT DEBEZIUM ' : ''}ENCODE ${bound.encoding.toUpperCase()}`
    fail(property.keySpan, 'UNKNOWN_OPTION', `${format} has no option "${shown}"`, {
      hint: didYouMean(name, Object.keys(known), 'There are'),
    })
  }
  const normal = type.normalize(literalText(property.value))
  if (normal !== undefined) return normal
  return fail(property.value.span, 'INVALID_OPTION', `option "${shown}" is ${type.expects}`)
}

interface BoundFormat extends Omit<FormatSpec, 'options'> {
  readonly registry?: true | undefined
}

function formatClause(
  format: NonNullable<Connector['format']>,
  short: Property | undefined,
  use: ConnectorUse,
): BoundFormat {
  if (short !== undefined) {
    fail(short.keySpan, 'INVALID_OPTION', 'the format is said twice: by the option and by FORMAT … ENCODE …')
  }
  const { envelope, encoding, span } = format
  checkEnvelope({ envelope, encoding }, use, span, `FORMAT ${envelope.toUpperCase()}`)
  return { envelope, encoding }
}

function formatOf(short: Property | undefined, use: ConnectorUse): BoundFormat {
  const keyed = use.keyed ? 'upsert' : 'plain'
  if (short === undefined) return { envelope: keyed, encoding: 'json' }
  const { span } = short.value
  const name = literalText(short.value).toLowerCase()
  const found = own(FORMAT_NAMES, own(FORMAT_ALIASES, name) ?? name)
  if (found !== undefined) {
    const { encoding, registry } = found
    const envelope = found.envelope === 'keyed' ? keyed : found.envelope
    checkEnvelope({ envelope, encoding }, use, span, `format "${name}"`)
    return { envelope, encoding, registry }
  }
  if (name === 'canal-json' || name === 'maxwell-json') notSupported(span, `format "${name}"`)
  return fail(span, 'INVALID_OPTION', `there is no format "${name}"`, {
    hint: `There are: ${Object.keys(FORMAT_NAMES).join(', ')}.`,
  })
}

/** Encodings in which a record can say that its row is gone. */
const WITH_DELETES: readonly Encoding[] = ['json', 'avro', 'protobuf']

function checkEnvelope({ envelope, encoding }: BoundFormat, use: ConnectorUse, span: Span, shown: string): void {
  if (envelope === 'plain') return
  if (use.role === 'source' && !use.keyed) {
    const hint =
      envelope === 'debezium'
        ? 'Its records change rows by key. Declare a TABLE with a PRIMARY KEY.'
        : 'Declare a TABLE with a PRIMARY KEY.'
    fail(span, 'INVALID_OPTION', `${shown} needs a key`, { hint })
  }
  if (envelope === 'debezium') {
    if (use.role === 'sink') notSupported(span, `${shown} of a sink`, 'FORMAT UPSERT writes the newest row by key.')
    if (encoding !== 'json' && encoding !== 'avro') {
      notSupported(span, `FORMAT DEBEZIUM ENCODE ${encoding.toUpperCase()}`, 'There are JSON and AVRO.')
    }
  } else if (!WITH_DELETES.includes(encoding)) {
    const hint = 'FORMAT PLAIN of a TABLE: each record is the new row of its key.'
    notSupported(span, `FORMAT UPSERT ENCODE ${encoding.toUpperCase()}`, hint)
  }
}
