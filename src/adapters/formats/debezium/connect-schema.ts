import type { ConnectField } from './connect-types.ts'

/** What Kafka Connect's JSON schema says of a field, by its path from the root of the envelope. */
export type Described = (path: readonly string[]) => ConnectField | undefined

/** Of fields with the same name in one struct; deeper paths are found step by step. */
interface Struct {
  readonly field: ConnectField
  readonly fields: ReadonlyMap<string, Struct>
}

/** Levels that are looked at: what is nested deeper is read as plain JSON. */
const DEPTH_MAX = 8

/** Undefined where the bytes are no schema of a struct. */
export function connectFields(schema: Buffer): Described | undefined {
  let json: unknown
  try {
    json = JSON.parse(schema.toString('utf8'))
  } catch {
    return undefined
  }
  const root = structOf(json, 0)
  if (root.fields.size === 0) return undefined
  return (path) => {
    let at: Struct | undefined = root
    for (const name of path) at = at?.fields.get(name)
    return at?.field
  }
}

function structOf(json: unknown, depth: number): Struct {
  const { name, parameters, fields } = (isObject(json) ? json : {}) as Readonly<Record<string, unknown>>
  const inner = new Map<string, Struct>()
  if (Array.isArray(fields) && depth < DEPTH_MAX) {
    for (const one of fields) {
      const key: unknown = isObject(one) ? (one as Readonly<Record<string, unknown>>)['field'] : undefined
      if (typeof key === 'string') inner.set(key, structOf(one, depth + 1))
    }
  }
  return {
    field: {
      name: typeof name === 'string' ? name : undefined,
      parameters: isObject(parameters) ? (parameters as Readonly<Record<string, unknown>>) : {},
    },
    fields: inner,
  }
}

function isObject(json: unknown): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
