import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import avro from 'avsc'

/**
 * A schema registry of the tests: Confluent's REST interface as far as clients need it, with its error codes, over real
 * HTTP. It can be made to fail as real ones do. That it behaves like a real one is held by a contract that Apicurio
 * passes as well (test/integration/registry).
 */
interface Stored {
  readonly id: number
  readonly schema: string
  readonly type: string
  readonly references: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

export class TestSchemaRegistry {
  readonly #server: Server
  readonly #schemas: Stored[] = []
  readonly #subjects = new Map<string, number[]>()
  readonly #compatibility = new Map<string, string>()
  /** Requests so far, as `GET /schemas/ids/1`. */
  readonly requests: string[] = []
  readonly authorizations: (string | undefined)[] = []
  /** Each answer takes so long. */
  delayMs = 0
  /** Answers what it would have answered with this instead; undefined is back to normal. */
  fault: ((request: IncomingMessage, response: ServerResponse) => void) | undefined

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async open(): Promise<TestSchemaRegistry> {
    const registry = new TestSchemaRegistry()
    await registry.listen(0)
    return registry
  }

  /** Listens again after `stopListening`, on the same port. */
  async listen(port: number = this.#port): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The registry is down: connections are refused; what it holds stays. */
  async stopListening(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stopListening()
  }

  /** Registers without HTTP; the id. */
  add(subject: string, schema: string | object, type = 'AVRO', references: Stored['references'] = []): number {
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
    let stored = this.#schemas.find((one) => one.schema === text && one.type === type)
    if (stored === undefined) {
      stored = { id: this.#schemas.length + 1, schema: text, type, references }
      this.#schemas.push(stored)
    }
    const versions = this.#subjects.get(subject) ?? []
    if (!versions.includes(stored.id)) this.#subjects.set(subject, [...versions, stored.id])
    return stored.id
  }

  /** `NONE`, the default here, or `BACKWARD`, as Avro defines it. */
  setCompatibility(subject: string, level: 'NONE' | 'BACKWARD'): void {
    this.#compatibility.set(subject, level)
  }

  subjects(): readonly string[] {
    return [...this.#subjects.keys()]
  }

  latest(subject: string): Stored | undefined {
    return this.#byId(this.#subjects.get(subject)?.at(-1))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`)
    this.authorizations.push(request.headers.authorization)
    if (this.fault !== undefined) return this.fault(request, response)
    const body = await textOf(request)
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs))
    const [status, json] = this.#route(request.method ?? 'GET', request.url ?? '/', body)
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(json))
  }

  #route(method: string, url: string, body: string): readonly [number, unknown] {
    const path = new URL(url, this.url).pathname.split('/').slice(1).map(decodeURIComponent)
    if (method === 'GET' && path.length === 3 && path[0] === 'schemas' && path[1] === 'ids') {
      const stored = this.#byId(Number(path[2]))
      return stored === undefined ? refusal(404, 40403, `Schema ${path[2]} not found`) : [200, described(stored)]
    }
    if (path[0] === 'subjects' && path[2] === 'versions') {
      const [, subject = '', , version] = path
      return method === 'POST' ? this.#register(subject, body) : this.#version(subject, version ?? '')
    }
    if (method === 'GET' && path.length === 1 && path[0] === 'subjects') return [200, this.subjects()]
    return refusal(404, 404, 'HTTP 404 Not Found')
  }

  #version(subject: string, version: string): readonly [number, unknown] {
    const versions = this.#subjects.get(subject)
    if (versions === undefined) return refusal(404, 40401, `Subject '${subject}' not found.`)
    const number = version === 'latest' ? versions.length : Number(version)
    const stored = this.#byId(versions[number - 1])
    if (stored === undefined) return refusal(404, 40402, `Version ${version} not found.`)
    return [200, { subject, version: number, id: stored.id, ...described(stored) }]
  }

  #register(subject: string, body: string): readonly [number, unknown] {
    const {
      schema,
      schemaType = 'AVRO',
      references = [],
    } = JSON.parse(body) as {
      schema: string
      schemaType?: string
      references?: Stored['references']
    }
    const before = this.latest(subject)
    if (schemaType === 'AVRO' && references.length === 0) {
      try {
        const type = avro.Type.forSchema(JSON.parse(schema))
        if (before !== undefined && this.#compatibility.get(subject) === 'BACKWARD') {
          try {
            type.createResolver(avro.Type.forSchema(JSON.parse(before.schema)))
          } catch (error) {
            return refusal(409, 409, `Schema being registered is incompatible with an earlier schema: ${error}`)
          }
        }
      } catch (error) {
        return refusal(422, 42201, `Invalid schema: ${error}`)
      }
    }
    return [200, { id: this.add(subject, schema, schemaType, references) }]
  }

  #byId(id: number | undefined): Stored | undefined {
    return id === undefined ? undefined : this.#schemas[id - 1]
  }
}

function described({ schema, type, references }: Stored): object {
  return {
    schema,
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length === 0 ? {} : { references }),
  }
}

function refusal(status: number, code: number, message: string): readonly [number, unknown] {
  return [status, { error_code: code, message }]
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
