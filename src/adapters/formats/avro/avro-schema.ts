import { InvalidSchema, shownName } from '../schema-faults.ts'

/**
 * Avro schemas, from their JSON. The text comes from a registry, so it is untrusted: its size and nesting are bounded,
 * names are held to the specification's pattern, and nothing of it ever becomes code.
 *
 * A named type that refers to itself is a cycle of these objects; whoever walks them has to expect that.
 */
export type AvroType = AvroPrimitive | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroUnion | AvroRecord

export interface AvroPrimitive {
  readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'
  readonly logical: AvroLogical | undefined
}

interface AvroNamed {
  /** With its namespace. */
  readonly name: string
  readonly aliases: readonly string[]
}

export interface AvroFixed extends AvroNamed {
  readonly kind: 'fixed'
  readonly size: number
  readonly logical: AvroLogical | undefined
}

export interface AvroEnum extends AvroNamed {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly fallback: string | undefined
}

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroType
}

export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroType
}

export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroType[]
}

export interface AvroRecord extends AvroNamed {
  readonly kind: 'record'
  /** Filled while the record is read: its fields may refer to it. */
  readonly fields: AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly aliases: readonly string[]
  readonly type: AvroType
  /** JSON of the default; undefined where there is none. */
  readonly fallback: unknown
}

/** What a value means, by Avro's logical types and by the names that Kafka Connect and Debezium give to theirs. */
export type AvroLogical =
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date' }
  | { readonly kind: 'time'; readonly perMs: number }
  | { readonly kind: 'timestamp'; readonly perMs: number }
  /** ISO 8601 text with an offset. */
  | { readonly kind: 'zoned-timestamp' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'json' }

export const SCHEMA_BYTES_MAX = 1024 * 1024
/** Levels of nesting; real schemas have less than ten. */
export const SCHEMA_DEPTH_MAX = 64
/** Whatever walks a schema takes at most so many steps. */
export const EXPANDED_TYPES_MAX = 100_000
/** `bytes` of a length that is in the schema; larger ones are of no use in a record. */
const FIXED_BYTES_MAX = 1024 * 1024

/** The specification's; `__proto__` and the like pass it, and are harmless: names are never keys of plain objects. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const PRIMITIVES: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])

/** `references` are schemas that the text may name, each after those that it names itself. @throws InvalidSchema */
export function parseAvroSchema(text: string, references: readonly { readonly text: string }[] = []): AvroType {
  const parser = new SchemaParser()
  for (const reference of references) parser.parse(reference.text)
  const type = parser.parse(text)
  if (expandedSize(type, new Map()) > EXPANDED_TYPES_MAX) {
    throw new InvalidSchema(`it has more than ${EXPANDED_TYPES_MAX} types when its names are written out`)
  }
  return type
}

/** Types with each name written out: names that name each other twice would double it with every level. */
function expandedSize(type: AvroType, known: Map<AvroType, number>): number {
  const size = known.get(type)
  if (size !== undefined) return size
  // Also what a type counts for inside itself.
  known.set(type, 1)
  const parts = partsOf(type)
  const total = parts.reduce((sum, part) => sum + expandedSize(part, known), 1)
  known.set(type, total)
  return total
}

function partsOf(type: AvroType): readonly AvroType[] {
  switch (type.kind) {
    case 'array':
      return [type.items]
    case 'map':
      return [type.values]
    case 'union':
      return type.branches
    case 'record':
      return type.fields.map((field) => field.type)
    default:
      return []
  }
}

type Json = Readonly<Record<string, unknown>>

class SchemaParser {
  readonly #named = new Map<string, AvroType>()

  parse(text: string): AvroType {
    if (text.length > SCHEMA_BYTES_MAX) throw new InvalidSchema(`it has more than ${SCHEMA_BYTES_MAX} characters`)
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      // The name of a primitive type alone is a schema, and some write it without quotes.
      json = text.trim()
      if (!PRIMITIVES.has(json as string)) throw new InvalidSchema('it is no JSON')
    }
    return this.#type(json, '', 1)
  }

  #type(json: unknown, namespace: string, depth: number): AvroType {
    if (depth > SCHEMA_DEPTH_MAX) throw new InvalidSchema(`it is nested deeper than ${SCHEMA_DEPTH_MAX} levels`)
    if (typeof json === 'string') return this.#byName(json, namespace)
    if (Array.isArray(json)) return this.#union(json, namespace, depth)
    if (typeof json !== 'object' || json === null) throw new InvalidSchema('a type is a name, an object or a list')
    const node = json as Json
    const { type } = node
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(node, namespace, depth)
      case 'enum':
        return this.#enum(node, namespace)
      case 'fixed':
        return this.#fixed(node, namespace)
      case 'array':
        return { kind: 'array', items: this.#type(node['items'], namespace, depth + 1) }
      case 'map':
        return { kind: 'map', values: this.#type(node['values'], namespace, depth + 1) }
      default:
        if (typeof type === 'string' && PRIMITIVES.has(type)) {
          const kind = type as AvroPrimitive['kind']
          return { kind, logical: logicalOf(kind, node) }
        }
        // `{"type": {"type": …}}`, or the name of a type.
        return this.#type(type, namespace, depth + 1)
    }
  }

  #byName(name: string, namespace: string): AvroType {
    if (PRIMITIVES.has(name)) return { kind: name as AvroPrimitive['kind'], logical: undefined }
    const found = this.#named.get(qualified(name, namespace)) ?? this.#named.get(name)
    if (found !== undefined) return found
    throw new InvalidSchema(`there is no type "${shownName(name)}"`)
  }

  #union(json: readonly unknown[], namespace: string, depth: number): AvroType {
    const branches = json.map((one) => this.#type(one, namespace, depth + 1))
    if (branches.length === 0) throw new InvalidSchema('a union has no branch')
    const seen = new Set<string>()
    for (const branch of branches) {
      if (branch.kind === 'union') throw new InvalidSchema('a union stands in a union')
      const name = 'name' in branch ? branch.name : branch.kind
      if (seen.has(name)) throw new InvalidSchema(`a union has "${name}" twice`)
      seen.add(name)
    }
    return { kind: 'union', branches }
  }

  #record(node: Json, namespace: string, depth: number): AvroRecord {
    const named = nameOf(node, namespace)
    const record: AvroRecord = { kind: 'record', ...named, fields: [] }
    this.#define(record)
    const inside = namespaceOf(named.name)
    if (!Array.isArray(node['fields'])) throw new InvalidSchema(`record "${named.name}" has no fields`)
    const seen = new Set<string>()
    for (const json of node['fields'] as readonly unknown[]) {
      const field = (json ?? {}) as Json
      const name = checkedName(field['name'])
      if (seen.has(name)) throw new InvalidSchema(`record "${named.name}" has field "${name}" twice`)
      seen.add(name)
      const aliases = Array.isArray(field['aliases']) ? field['aliases'].map(checkedName) : []
      const type = this.#type(field['type'], inside, depth + 1)
      record.fields.push({ name, aliases, type, fallback: field['default'] })
    }
    return record
  }

  #enum(node: Json, namespace: string): AvroType {
    const named = nameOf(node, namespace)
    const { symbols, default: fallback } = node
    if (!Array.isArray(symbols) || symbols.length === 0) throw new InvalidSchema(`enum "${named.name}" has no symbols`)
    const names = symbols.map(checkedName)
    if (new Set(names).size < names.length) throw new InvalidSchema(`enum "${named.name}" has a symbol twice`)
    if (fallback !== undefined && !names.includes(fallback as string)) {
      throw new InvalidSchema(`the default of enum "${named.name}" is no symbol of it`)
    }
    return this.#define({ kind: 'enum', ...named, symbols: names, fallback: fallback as string | undefined })
  }

  #fixed(node: Json, namespace: string): AvroType {
    const named = nameOf(node, namespace)
    const { size } = node
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > FIXED_BYTES_MAX) {
      throw new InvalidSchema(`the size of fixed "${named.name}" is no number from 0 to ${FIXED_BYTES_MAX}`)
    }
    return this.#define({ kind: 'fixed', ...named, size: size as number, logical: logicalOf('fixed', node) })
  }

  #define<T extends AvroNamed & AvroType>(type: T): T {
    if (this.#named.has(type.name)) throw new InvalidSchema(`there are two types "${type.name}"`)
    this.#named.set(type.name, type)
    return type
  }
}

function nameOf(node: Json, namespace: string): AvroNamed {
  const { name, namespace: own, aliases } = node
  if (typeof name !== 'string') throw new InvalidSchema('a record, enum or fixed has no name')
  const full = qualified(name, typeof own === 'string' ? own : namespace)
  for (const part of full.split('.')) checkedName(part)
  const inside = namespaceOf(full)
  return {
    name: full,
    aliases: Array.isArray(aliases) ? aliases.map((alias) => qualified(String(alias), inside)) : [],
  }
}

function checkedName(name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  throw new InvalidSchema(`"${shownName(String(name))}" is no name`)
}

function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')))
}

/** Undefined, as the specification asks, for what is unknown or does not fit its type. */
function logicalOf(kind: AvroPrimitive['kind'] | 'fixed', node: Json): AvroLogical | undefined {
  const { logicalType, 'connect.name': connectName } = node
  const byLogical = typeof logicalType === 'string' ? named(LOGICAL, `${kind} ${logicalType}`, node) : undefined
  return byLogical ?? (typeof connectName === 'string' ? named(CONNECT, `${kind} ${connectName}`, node) : undefined)
}

type Named = ReadonlyMap<string, AvroLogical | ((node: Json) => AvroLogical | undefined)>

function named(table: Named, key: string, node: Json): AvroLogical | undefined {
  const found = table.get(key)
  return typeof found === 'function' ? found(node) : found
}

function decimalOf({ precision, scale = 0 }: Json): AvroLogical | undefined {
  if (!Number.isSafeInteger(precision) || !Number.isSafeInteger(scale)) return undefined
  const [digits, places] = [precision as number, scale as number]
  return digits >= 1 && places >= 0 && places <= digits
    ? { kind: 'decimal', precision: digits, scale: places }
    : undefined
}

const time = (perMs: number): AvroLogical => ({ kind: 'time', perMs })
const timestamp = (perMs: number): AvroLogical => ({ kind: 'timestamp', perMs })

const LOGICAL: Named = new Map<string, AvroLogical | ((node: Json) => AvroLogical | undefined)>([
  ['bytes decimal', decimalOf],
  ['fixed decimal', decimalOf],
  ['int date', { kind: 'date' }],
  ['int time-millis', time(1)],
  ['long time-micros', time(1_000)],
  ['long timestamp-millis', timestamp(1)],
  ['long timestamp-micros', timestamp(1_000)],
  ['long timestamp-nanos', timestamp(1_000_000)],
  ['long local-timestamp-millis', timestamp(1)],
  ['long local-timestamp-micros', timestamp(1_000)],
  ['long local-timestamp-nanos', timestamp(1_000_000)],
  ['string uuid', { kind: 'uuid' }],
  ['fixed uuid', { kind: 'uuid' }],
])

/** Debezium's and Connect's own, which come as plain numbers and texts with a name beside them. */
const CONNECT: Named = new Map<string, AvroLogical | ((node: Json) => AvroLogical | undefined)>([
  ['int io.debezium.time.Date', { kind: 'date' }],
  ['int org.apache.kafka.connect.data.Date', { kind: 'date' }],
  ['int io.debezium.time.Time', time(1)],
  ['int org.apache.kafka.connect.data.Time', time(1)],
  ['long io.debezium.time.MicroTime', time(1_000)],
  ['long io.debezium.time.NanoTime', time(1_000_000)],
  ['long io.debezium.time.Timestamp', timestamp(1)],
  ['long org.apache.kafka.connect.data.Timestamp', timestamp(1)],
  ['long io.debezium.time.MicroTimestamp', timestamp(1_000)],
  ['long io.debezium.time.NanoTimestamp', timestamp(1_000_000)],
  ['string io.debezium.time.ZonedTimestamp', { kind: 'zoned-timestamp' }],
  ['string io.debezium.time.IsoTimestamp', { kind: 'zoned-timestamp' }],
  ['string io.debezium.data.Json', { kind: 'json' }],
  ['string io.debezium.data.Uuid', { kind: 'uuid' }],
])
