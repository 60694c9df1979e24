import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import { LruCache } from '../../core/lru-cache.ts'
import { askRegistry, type RegistryAddress, type RegistryRefusal, unavailable } from './registry-request.ts'

/**
 * A client of a schema registry: Confluent's REST interface, which Apicurio, Karapace and Redpanda speak too.
 *
 * A schema of an id never changes, so that what was read is kept. That a registry does not have an id is believed only
 * after some tries, since a follower may be behind its leader, and only for a while.
 */

export type SchemaType = 'AVRO' | 'PROTOBUF' | 'JSON'

export interface SchemaText {
  readonly type: SchemaType
  readonly text: string
  /** Schemas that the text refers to, by the name that it has for them; each comes after those that it needs itself. */
  readonly references: readonly { readonly name: string; readonly text: string }[]
}

export interface RegisteredSchema extends SchemaText {
  readonly id: number
}

/** Schemas kept; a topic has a handful. */
const SCHEMAS_MAX = 1_000
/** Schemas that one schema may refer to, directly or not. */
export const REFERENCES_MAX = 100
const MISSING_TRIES = 3
const MISSING_WAIT_MS = 200
/** For so long an id that the registry does not have is not asked for again. */
const MISSING_MS = 30_000

interface Version {
  readonly id: number
  readonly schema: string
  readonly type: SchemaType
  readonly references: readonly Reference[]
}

interface Reference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

export class SchemaRegistry {
  readonly #address: RegistryAddress
  readonly #schemas = new LruCache<number, RegisteredSchema>(SCHEMAS_MAX)
  /** When it turned out that the registry has no such id. */
  readonly #missing = new LruCache<number, number>(SCHEMAS_MAX)
  readonly #asking = new Map<number, Promise<RegisteredSchema | undefined>>()

  constructor(address: RegistryAddress) {
    this.#address = address
  }

  /** True while there is no use in asking for the id. */
  isMissing(id: number): boolean {
    const sinceMs = this.#missing.get(id)
    return sinceMs !== undefined && performance.now() - sinceMs < MISSING_MS
  }

  /** The schema of an id; undefined where the registry says that there is none, if `patient` more than once. */
  schema(id: number, patient = true): Promise<RegisteredSchema | undefined> {
    const known = this.#schemas.get(id)
    if (known !== undefined) return Promise.resolve(known)
    let asking = this.#asking.get(id)
    if (asking === undefined) {
      asking = this.#askForSchema(id, patient).finally(() => this.#asking.delete(id))
      this.#asking.set(id, asking)
    }
    return asking
  }

  /** @throws AppError NOT_FOUND where the subject has no schema. */
  async latest(subject: string): Promise<RegisteredSchema> {
    const answer = await askRegistry(this.#address, `/subjects/${encodeURIComponent(subject)}/versions/latest`)
    if (!answer.ok) {
      const { code } = answer.refusal
      if (code === SUBJECT_NOT_FOUND || code === VERSION_NOT_FOUND) {
        throw new AppError('NOT_FOUND', `the schema registry has no schema for subject "${subject}"`, {
          hint: 'Give another with "subject", or register one.',
        })
      }
      throw this.#refused(answer.refusal)
    }
    return this.#keep(this.#version(answer.json))
  }

  /** The id of the schema in the subject, where it becomes the newest version unless it is there already. */
  async register(subject: string, { type, text }: SchemaText): Promise<number> {
    const body = { schema: text, ...(type === 'AVRO' ? {} : { schemaType: type }) }
    const answer = await askRegistry(this.#address, `/subjects/${encodeURIComponent(subject)}/versions`, body)
    if (!answer.ok) {
      const { status, message } = answer.refusal
      if (status === 409) {
        throw new AppError('FAILED_PRECONDITION', `subject "${subject}" does not take the schema: ${message}`, {
          hint: 'Columns that readers know can only be added or left out as its compatibility allows; or choose another subject.',
        })
      }
      throw this.#refused(answer.refusal)
    }
    return this.#id((answer.json as { readonly id?: unknown } | null)?.id)
  }

  /** A schema that a statement names. @throws AppError NOT_FOUND, which passes: a registry may be restored. */
  async required(id: number): Promise<RegisteredSchema> {
    const found = await this.schema(id)
    if (found !== undefined) return found
    throw new AppError('NOT_FOUND', `the schema registry has no schema ${id}`, {
      domain: 'external',
      hint: 'Check "schema.id".',
    })
  }

  async #askForSchema(id: number, patient: boolean): Promise<RegisteredSchema | undefined> {
    for (let tries = 0; ; tries++) {
      const answer = await askRegistry(this.#address, `/schemas/ids/${id}`)
      if (answer.ok) return this.#keep(this.#version({ ...(answer.json as object), id }))
      if (answer.refusal.code !== SCHEMA_NOT_FOUND) throw this.#refused(answer.refusal)
      if (!patient || tries === MISSING_TRIES) break
      await sleep(MISSING_WAIT_MS)
    }
    this.#missing.set(id, performance.now())
    return undefined
  }

  async #keep({ id, schema, type, references }: Version): Promise<RegisteredSchema> {
    const texts = new Map<string, string>()
    await this.#readReferences(references, texts, new Set())
    const registered: RegisteredSchema = {
      id,
      type,
      text: schema,
      references: [...texts].map(([name, text]) => ({ name, text })),
    }
    this.#missing.delete(id)
    this.#schemas.set(id, registered)
    return registered
  }

  /** Depth first, so that a text comes after those that it needs. `path` guards against a circle. */
  async #readReferences(
    references: readonly Reference[],
    texts: Map<string, string>,
    path: ReadonlySet<string>,
  ): Promise<void> {
    for (const { name, subject, version } of references) {
      if (texts.has(name)) continue
      if (path.has(name) || texts.size >= REFERENCES_MAX) {
        throw new AppError(
          'FAILED_PRECONDITION',
          `a schema refers to ${path.has(name) ? 'itself' : 'too many others'}`,
          {
            domain: 'external',
          },
        )
      }
      const answer = await askRegistry(this.#address, `/subjects/${encodeURIComponent(subject)}/versions/${version}`)
      if (!answer.ok) throw this.#refused(answer.refusal)
      const referred = this.#version(answer.json)
      await this.#readReferences(referred.references, texts, new Set([...path, name]))
      texts.set(name, referred.schema)
    }
  }

  #version(json: unknown): Version {
    const { id, schema, schemaType, references } = (json ?? {}) as Readonly<Record<string, unknown>>
    const type = schemaType ?? 'AVRO'
    if (typeof schema !== 'string' || (type !== 'AVRO' && type !== 'PROTOBUF' && type !== 'JSON')) {
      throw unavailable(this.#address, 'its answer is no schema')
    }
    return {
      id: this.#id(id),
      schema,
      type,
      references: Array.isArray(references) ? references.map(this.#reference) : [],
    }
  }

  readonly #reference = (json: unknown): Reference => {
    const { name, subject, version } = (json ?? {}) as Readonly<Record<string, unknown>>
    if (typeof name === 'string' && typeof subject === 'string' && Number.isSafeInteger(version)) {
      return { name, subject, version: version as number }
    }
    throw unavailable(this.#address, 'a reference in its answer has no name, subject and version')
  }

  #id(id: unknown): number {
    if (Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) <= 0xffffffff) return id as number
    throw unavailable(this.#address, 'its answer has no id')
  }

  /** Of the domain external throughout: rights and subjects are mended at the registry, and the query goes on then. */
  #refused({ status, message }: RegistryRefusal): AppError {
    if (status === 401 || status === 403) {
      return new AppError('FAILED_PRECONDITION', `the schema registry refuses access: ${message}`, {
        domain: 'external',
        hint: 'Give "schema.registry.user" and "schema.registry.password".',
      })
    }
    if (status === 422)
      return new AppError('INVALID_ARGUMENT', `the schema registry does not take the schema: ${message}`)
    return unavailable(this.#address, message)
  }
}

const SUBJECT_NOT_FOUND = 40401
const VERSION_NOT_FOUND = 40402
const SCHEMA_NOT_FOUND = 40403
