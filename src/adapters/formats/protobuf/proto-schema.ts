import protobuf from 'protobufjs'
import { must } from '../../../core/assert.ts'
import type { SchemaText } from '../../schema-registry/schema-registry.ts'
import { InvalidSchema, shownName } from '../schema-faults.ts'

/**
 * Messages of a `.proto` file. protobufjs parses the text and finds names; its reflection is only looked at, never
 * resolved or asked to decode, because that is where it would make code of a schema that others wrote.
 */
export interface ProtoMessage {
  /** With its package, `shop.Order`. */
  readonly name: string
  /** Filled when all messages are known: they may contain each other. */
  readonly fields: ProtoField[]
}

export type ProtoScalar =
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes'

export type ProtoType =
  | { readonly kind: 'scalar'; readonly scalar: ProtoScalar }
  | { readonly kind: 'enum'; readonly names: ReadonlyMap<number, string>; readonly first: number }
  | { readonly kind: 'message'; readonly message: ProtoMessage }

export interface ProtoField {
  readonly name: string
  readonly number: number
  readonly type: ProtoType
  readonly repeated: boolean
  /** The type of the keys of a map. */
  readonly key: ProtoScalar | undefined
  /** A field that was not set is known to be so; else it has its default. */
  readonly presence: boolean
  /** `[default = …]` of proto2. */
  readonly fallback: unknown
  /** proto2; it can't be left out when writing. */
  readonly required: boolean
}

export interface ProtoFile {
  /** In the order of the file, each with those inside it: what the index in a record counts. */
  readonly messages: readonly ProtoEntry[]
}

export interface ProtoEntry {
  readonly message: ProtoMessage
  readonly inside: readonly ProtoEntry[]
}

export const PROTO_CHARACTERS_MAX = 1024 * 1024
/** Whatever walks a schema takes at most so many steps. */
export const EXPANDED_FIELDS_MAX = 100_000
/** All messages of a file and of those that it imports; bounds what is kept for a schema. */
export const PROTO_MESSAGES_MAX = 10_000

/** @throws InvalidSchema */
export function parseProto({ text, references }: SchemaText): ProtoFile {
  // Each text alone: which messages are of it, and in which order, is lost when it stands among the others.
  const alone = [...references.map((reference) => reference.text), text].map(parseAlone)
  const root = new protobuf.Root()
  for (const { text: one } of alone) parseInto(root, one)
  for (const name of new Set(alone.flatMap(({ imports }) => imports))) addBundled(root, name)
  const proto2 = new Set(alone.flatMap((one) => (one.isProto2 ? typeNames(one.root) : [])))
  const own = must(alone.at(-1), 'the text itself')
  const namespace = own.packageName === '' ? own.root : own.root.lookup(own.packageName)
  const messages = namespace instanceof protobuf.Namespace ? new MessageBuilder(root, proto2).entries(namespace) : []
  if (messages.length === 0) throw new InvalidSchema('it has no message')
  checkSize(messages, new Map())
  return { messages }
}

/** Messages that have each other twice would double what is walked with every level. */
function checkSize(entries: readonly ProtoEntry[], known: Map<ProtoMessage, number>): void {
  for (const { message, inside } of entries) {
    if (expandedSize(message, known) > EXPANDED_FIELDS_MAX) {
      throw new InvalidSchema(`it has more than ${EXPANDED_FIELDS_MAX} fields when its messages are written out`)
    }
    checkSize(inside, known)
  }
}

function expandedSize(message: ProtoMessage, known: Map<ProtoMessage, number>): number {
  const size = known.get(message)
  if (size !== undefined) return size
  // Also what a message counts for inside itself.
  known.set(message, 1)
  let total = 1
  for (const { type } of message.fields) total += type.kind === 'message' ? expandedSize(type.message, known) : 1
  known.set(message, total)
  return total
}

interface ParsedText {
  readonly text: string
  readonly root: protobuf.Root
  readonly packageName: string
  readonly imports: readonly string[]
  readonly isProto2: boolean
}

function parseAlone(text: string): ParsedText {
  const root = new protobuf.Root()
  const { package: packageName = '', imports } = parseInto(root, text)
  return { text, root, packageName, imports: imports ?? [], isProto2: isProto2(text) }
}

function parseInto(root: protobuf.Root, text: string): protobuf.IParserResult {
  if (text.length > PROTO_CHARACTERS_MAX) {
    throw new InvalidSchema(`it has more than ${PROTO_CHARACTERS_MAX} characters`)
  }
  try {
    return protobuf.parse(text, root, { keepCase: true })
  } catch (error) {
    throw new InvalidSchema(shownName(error instanceof Error ? error.message : String(error)))
  }
}

/** Google's well-known types, which registries do not keep as references. */
function addBundled(root: protobuf.Root, name: string): void {
  if (name === 'confluent/type/decimal.proto') parseInto(root, CONFLUENT_DECIMAL)
  const bundled = protobuf.common.get(name)
  if (bundled?.nested !== undefined) root.addJSON(bundled.nested)
}

/** Confluent's serializers bring it along as they do Google's types. */
const CONFLUENT_DECIMAL = `syntax = "proto3"; package confluent.type;
  message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`

function typeNames(namespace: protobuf.NamespaceBase): readonly string[] {
  return namespace.nestedArray.flatMap((one) => [
    ...(one instanceof protobuf.Type ? [one.fullName] : []),
    ...(one instanceof protobuf.Namespace ? typeNames(one) : []),
  ])
}

/** By the statement that a file begins with, behind spaces and comments; without one it is proto2. */
function isProto2(text: string): boolean {
  let rest = text.replace(/^\uFEFF/, '').trimStart()
  while (rest.startsWith('//') || rest.startsWith('/*')) {
    const end = rest.startsWith('//') ? rest.indexOf('\n') : rest.indexOf('*/')
    rest = end < 0 ? '' : rest.slice(end + (rest.startsWith('//') ? 1 : 2)).trimStart()
  }
  if (/^edition\b/.test(rest)) throw new InvalidSchema('editions are not supported: write syntax = "proto3"')
  return !/^syntax\s*=\s*["']proto3["']/.test(rest)
}

const SCALARS: ReadonlySet<string> = new Set<ProtoScalar>([
  'double',
  'float',
  'int32',
  'uint32',
  'sint32',
  'fixed32',
  'sfixed32',
  'int64',
  'uint64',
  'sint64',
  'fixed64',
  'sfixed64',
  'bool',
  'string',
  'bytes',
])

class MessageBuilder {
  readonly #root: protobuf.Root
  /** Full names of the messages of proto2, where a field that was not set is known to be so. */
  readonly #proto2: ReadonlySet<string>
  readonly #messages = new Map<string, ProtoMessage>()

  constructor(root: protobuf.Root, proto2: ReadonlySet<string>) {
    this.#root = root
    this.#proto2 = proto2
  }

  /** The messages of a namespace; those of a namespace inside are of another package. */
  entries(namespace: protobuf.NamespaceBase): readonly ProtoEntry[] {
    return namespace.nestedArray.flatMap((one) =>
      one instanceof protobuf.Type ? [{ message: this.#named(one.fullName), inside: this.entries(one) }] : [],
    )
  }

  #named(fullName: string): ProtoMessage {
    const found = this.#root.lookup(fullName, [protobuf.Type])
    if (!(found instanceof protobuf.Type)) throw new InvalidSchema(`there is no message "${shownName(fullName)}"`)
    return this.#message(found)
  }

  #message(type: protobuf.Type): ProtoMessage {
    const { fullName } = type
    const known = this.#messages.get(fullName)
    if (known !== undefined) return known
    if (this.#messages.size === PROTO_MESSAGES_MAX) {
      throw new InvalidSchema(`it has more than ${PROTO_MESSAGES_MAX} messages`)
    }
    const message: ProtoMessage = { name: fullName.replace(/^\./, ''), fields: [] }
    this.#messages.set(fullName, message)
    for (const field of type.fieldsArray) message.fields.push(this.#field(type, field))
    return message
  }

  #field(owner: protobuf.Type, field: protobuf.Field): ProtoField {
    const type = this.#type(owner, field.type)
    const key = field instanceof protobuf.MapField ? (field.keyType as ProtoScalar) : undefined
    // The rule as it stands there: what the class derives from it would need the features resolved.
    const { rule } = field as { readonly rule?: string }
    const repeated = rule === 'repeated'
    const isKnownUnset = this.#proto2.has(owner.fullName) || type.kind === 'message' || isOptional(owner, field)
    return {
      name: field.name,
      number: field.id,
      type,
      repeated,
      key,
      presence: !repeated && key === undefined && isKnownUnset,
      fallback: field.options?.['default'],
      required: rule === 'required',
    }
  }

  #type(owner: protobuf.Type, name: string): ProtoType {
    if (SCALARS.has(name)) return { kind: 'scalar', scalar: name as ProtoScalar }
    const found = owner.lookup(name, [protobuf.Type, protobuf.Enum])
    if (found instanceof protobuf.Type) return { kind: 'message', message: this.#message(found) }
    if (found instanceof protobuf.Enum) {
      const names = new Map<number, string>()
      // Of names with the same number the first is the one.
      for (const [symbol, number] of Object.entries(found.values)) if (!names.has(number)) names.set(number, symbol)
      return { kind: 'enum', names, first: names.keys().next().value ?? 0 }
    }
    throw new InvalidSchema(`there is no type "${shownName(name)}"`)
  }
}

/** In a oneof, also the one that stands behind `optional` in proto3. */
function isOptional(owner: protobuf.Type, field: protobuf.Field): boolean {
  return (
    owner.oneofsArray.some((oneof) => oneof.oneof.includes(field.name)) || field.options?.['proto3_optional'] === true
  )
}
