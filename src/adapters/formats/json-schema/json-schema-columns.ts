import type { Field } from '../../../core/schema.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  INT,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../../core/type.ts'
import type { SchemaText } from '../../schema-registry/schema-registry.ts'
import { Incompatible, InvalidSchema, shownName } from '../schema-faults.ts'

/**
 * The columns that a JSON Schema says an object has. What SQL has no type for is a column of JSON, which takes all
 * values: an object without named properties, one that contains itself, a choice of several, what is not understood.
 * Names stay as they are, because JSON is read by them.
 */
export function jsonSchemaColumns(schema: SchemaText, path: readonly string[]): readonly Field[] {
  return new ColumnReader(schema).columns(path)
}

export const JSON_SCHEMA_CHARACTERS_MAX = 1024 * 1024
/** Levels of nesting, references included; what is deeper is JSON. */
export const JSON_SCHEMA_DEPTH_MAX = 32
/** Parts that are looked at: references that name each other twice would double them with every level. */
export const JSON_SCHEMA_PARTS_MAX = 10_000

type Json = Readonly<Record<string, unknown>>

/** Where in the schema one is. */
interface Place {
  /** Of the schema that references without a name are within. */
  readonly root: Json
  /** References on the way here; the root itself is `#`. */
  readonly references: readonly string[]
  readonly depth: number
}

interface Part {
  readonly type: SqlType
  readonly nullable: boolean
}

const ANYTHING: Part = { type: JSON_TYPE, nullable: true }

class ColumnReader {
  readonly #root: Json
  /** Roots of other schemas, by the names that references have for them. */
  readonly #others = new Map<string, Json>()
  #parts = 0

  constructor({ text, references }: SchemaText) {
    this.#root = parseObject(text)
    for (const reference of references) this.#others.set(reference.name, parseObject(reference.text))
  }

  columns(path: readonly string[]): readonly Field[] {
    let place: Place = { root: this.#root, references: ['#'], depth: 0 }
    let at: Json | undefined = this.#root
    for (const name of [undefined, ...path]) {
      if (name !== undefined) at = own(asObject(at?.['properties']), name)
      const found: { readonly node: Json; readonly place: Place } | undefined = at && this.#behind(at, place)
      at = found?.node
      place = found?.place ?? place
    }
    const properties = asObject(at?.['properties'])
    if (at === undefined || properties === undefined || Object.keys(properties).length === 0) {
      throw new Incompatible('it describes no object with properties')
    }
    return this.#fields(at, properties, place)
  }

  /** Behind references, and beside null; undefined where that leads in a circle. */
  #behind(node: Json, place: Place): { readonly node: Json; readonly place: Place } | undefined {
    if (place.depth > JSON_SCHEMA_DEPTH_MAX) return undefined
    const next = this.#resolve(node, place)
    if (next === 'circle') return undefined
    if (next !== undefined) return this.#behind(next.node, next.place)
    const choice = soleChoice(node)
    return choice === undefined ? { node, place } : this.#behind(choice, inside(place))
  }

  #fields(node: Json, properties: Json, place: Place): readonly Field[] {
    const required: unknown = node['required']
    const isRequired = (name: string) => Array.isArray(required) && required.includes(name)
    return Object.entries(properties).map(([name, property]) => {
      const { type, nullable } = this.#part(property, inside(place))
      return { name, type, nullable: nullable || !isRequired(name) }
    })
  }

  #part(json: unknown, place: Place): Part {
    if (++this.#parts > JSON_SCHEMA_PARTS_MAX) {
      throw new InvalidSchema(`it has more than ${JSON_SCHEMA_PARTS_MAX} parts`)
    }
    const node = asObject(json)
    if (node === undefined || place.depth > JSON_SCHEMA_DEPTH_MAX) return ANYTHING
    const next = this.#resolve(node, place)
    if (next === 'circle') return ANYTHING
    if (next !== undefined) return this.#part(next.node, next.place)
    const choice = soleChoice(node)
    if (choice !== undefined) return { ...this.#part(choice, inside(place)), nullable: true }
    const { type } = node
    const names = (Array.isArray(type) ? type : [type]).filter((name) => name !== 'null')
    const nullable = Array.isArray(type) && names.length < type.length
    const [only] = names
    if (names.length !== 1 || typeof only !== 'string') return byValues(node)
    return { type: this.#named(only, node, place), nullable }
  }

  #named(name: string, node: Json, place: Place): SqlType {
    switch (name) {
      case 'boolean':
        return BOOLEAN
      case 'integer':
        return integerType(node)
      case 'number':
        return DOUBLE
      case 'string':
        return stringType(node)
      case 'array': {
        const items = asObject(node['items'])
        return items === undefined ? JSON_TYPE : { kind: 'array', element: this.#part(items, inside(place)).type }
      }
      case 'object':
        return this.#objectType(node, place)
      default:
        return JSON_TYPE
    }
  }

  #objectType(node: Json, place: Place): SqlType {
    const properties = asObject(node['properties'])
    if (properties !== undefined && Object.keys(properties).length > 0) {
      const fields = this.#fields(node, properties, place)
      return { kind: 'struct', fields: fields.map(({ name, type }) => ({ name, type })) }
    }
    const values = asObject(node['additionalProperties'])
    if (values === undefined || Object.keys(values).length === 0) return JSON_TYPE
    return { kind: 'map', key: STRING, value: this.#part(values, inside(place)).type }
  }

  #resolve(node: Json, place: Place): { readonly node: Json; readonly place: Place } | 'circle' | undefined {
    const ref: unknown = node['$ref']
    if (typeof ref !== 'string') return undefined
    if (place.references.includes(ref)) return 'circle'
    const [name = '', pointer = ''] = ref.split('#', 2)
    const root = name === '' ? place.root : this.#others.get(name)
    if (root === undefined) throw new InvalidSchema(`there is no schema "${shownName(name)}"`)
    let at: Json | undefined = root
    for (const part of pointer.split('/').slice(1)) at = own(at, decodePointer(part))
    if (at === undefined) throw new InvalidSchema(`there is nothing at "${shownName(ref)}"`)
    return { node: at, place: { root, references: [...place.references, ref], depth: place.depth + 1 } }
  }
}

function inside(place: Place): Place {
  return { ...place, depth: place.depth + 1 }
}

/** An object in an object, by a name that somebody else wrote. */
function own(object: Json | undefined, name: string): Json | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? asObject(object[name]) : undefined
}

/** Without a type: what all values have. */
function byValues(node: Json): Part {
  const values: unknown = 'const' in node ? [node['const']] : node['enum']
  if (!Array.isArray(values) || values.length === 0) return ANYTHING
  return values.every((value) => typeof value === 'string') ? { type: STRING, nullable: true } : ANYTHING
}

function parseObject(text: string): Json {
  if (text.length > JSON_SCHEMA_CHARACTERS_MAX) {
    throw new InvalidSchema(`it has more than ${JSON_SCHEMA_CHARACTERS_MAX} characters`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new InvalidSchema('it is no JSON')
  }
  const object = asObject(json)
  if (object === undefined) throw new InvalidSchema('it is no JSON object')
  return object
}

function asObject(json: unknown): Json | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Json) : undefined
}

/** `oneOf: [null, x]`: the x. */
function soleChoice(node: Json): Json | undefined {
  const choices: unknown = node['oneOf'] ?? node['anyOf']
  if (!Array.isArray(choices)) return undefined
  const present = choices.filter((one) => asObject(one)?.['type'] !== 'null')
  return choices.length === present.length + 1 && present.length === 1 ? asObject(present[0]) : undefined
}

function decodePointer(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

/** As Kafka Connect marks them, in numbers of milliseconds or days. */
function integerType(node: Json): SqlType {
  switch (node['title']) {
    case 'org.apache.kafka.connect.data.Timestamp':
      return TIMESTAMP
    case 'org.apache.kafka.connect.data.Date':
      return DATE
    case 'org.apache.kafka.connect.data.Time':
      return TIME
    default:
      return /^int(8|16|32)$/.test(String(node['connect.type'])) ? INT : BIGINT
  }
}

function stringType(node: Json): SqlType {
  if (node['contentEncoding'] === 'base64' || node['connect.type'] === 'bytes') return BYTES
  if (node['format'] === 'date-time') return TIMESTAMP
  return node['format'] === 'date' ? DATE : STRING
}
