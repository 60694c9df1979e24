import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RESPONSE_BYTES_MAX } from '../../src/adapters/schema-registry/registry-request.ts'
import { REFERENCES_MAX, SchemaRegistry } from '../../src/adapters/schema-registry/schema-registry.ts'
import { TestSchemaRegistry } from '../harness/schema-registry.ts'
import { registryContract } from './registry-contract.ts'

const shared = TestSchemaRegistry.open()
afterAll(async () => (await shared)[Symbol.asyncDispose]())
registryContract('the one of the tests', () => shared)

describe('the client of a schema registry', () => {
  let server: TestSchemaRegistry
  let registry: SchemaRegistry
  beforeEach(async () => {
    server = await TestSchemaRegistry.open()
    registry = new SchemaRegistry({ urls: [server.url], user: undefined, password: undefined })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('asks for an id once, also when it is asked twice at the same time', async () => {
    const id = server.add('s', { type: 'string' })
    await Promise.all([registry.schema(id), registry.schema(id)])
    await registry.schema(id)
    expect(server.requests).toEqual([`GET /schemas/ids/${id}`])
  })

  it('tries again what may pass', async () => {
    const id = server.add('s', '"string"')
    for (const status of [500, 503, 429]) {
      server.fault = (_, response) => {
        server.fault = undefined
        response.writeHead(status).end('{}')
      }
      expect(
        (await new SchemaRegistry({ urls: [server.url], user: undefined, password: undefined }).schema(id))?.text,
      ).toBe('"string"')
    }
  })

  it('says that a registry can not be reached; that passes', async () => {
    await server.stopListening()
    const asked = registry.schema(1)
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE', domain: 'external', retry: true })
    await expect(asked).rejects.toThrow(/^schema registry 127\.0\.0\.1:\d+: can't be reached \(ECONNREFUSED\)$/)
    await server.listen()
    expect(await registry.latest('s').catch(({ code }: { code: string }) => code)).toBe('NOT_FOUND')
  })

  it('goes to another address of the registry when the first is down', async () => {
    const id = server.add('s', '"string"')
    const both = new SchemaRegistry({ urls: ['http://127.0.0.1:9', server.url], user: undefined, password: undefined })
    expect((await both.schema(id))?.id).toBe(id)
  })

  it('waits for an answer no longer than it said', async () => {
    server.fault = () => {}
    const startMs = performance.now()
    await expect(registry.schema(1)).rejects.toThrow(/no answer within 3000 ms/)
    expect(performance.now() - startMs).toBeLessThan(12_000)
  })

  it('believes that an id is missing only after some tries', async () => {
    let answers = 0
    server.fault = (_, response) => {
      answers++
      if (answers === 2) server.fault = undefined
      response.writeHead(404).end('{"error_code":40403,"message":"Schema not found"}')
    }
    const id = server.add('s', '"string"')
    expect((await registry.schema(id))?.text).toBe('"string"')
  })

  it('takes a 404 that is not of a registry for a fault of the address, never for a schema that is missing', async () => {
    server.fault = (_, response) => response.writeHead(404).end('<html>')
    await expect(registry.schema(1)).rejects.toMatchObject({ code: 'UNAVAILABLE', domain: 'external' })
    expect(registry.isMissing(1)).toBe(false)
  })

  it('follows no redirect', async () => {
    const other = await TestSchemaRegistry.open()
    server.fault = (_, response) => response.writeHead(302, { location: `${other.url}/schemas/ids/1` }).end()
    await expect(registry.schema(1)).rejects.toThrow(/answers with a redirect/)
    expect(other.requests).toEqual([])
    await other[Symbol.asyncDispose]()
  })

  it('takes an answer of the largest size, and none beyond', async () => {
    const answerOf = (bytes: number) => {
      const empty = '{"schema":""}'.length
      return `{"schema":"${'x'.repeat(bytes - empty)}"}`
    }
    server.fault = (_, response) => response.end(answerOf(RESPONSE_BYTES_MAX))
    expect((await registry.schema(1))?.text.length).toBeGreaterThan(4_000_000)
    server.fault = (_, response) => response.end(answerOf(RESPONSE_BYTES_MAX + 1))
    await expect(registry.schema(2)).rejects.toThrow(/has more than 4194304 bytes/)
  })

  it('shows the message of the registry, cut and without control characters', async () => {
    const message = `no\u0007\n ${'x'.repeat(1_000)}`
    server.fault = (_, response) => response.writeHead(403).end(JSON.stringify({ error_code: 403, message }))
    const error = await registry.schema(1).catch((one: Error) => one)
    expect((error as Error).message).toMatch(/^the schema registry refuses access: no {1,2}x{1,300}…$/)
  })

  it('does not take an answer that is no schema', async () => {
    for (const answer of [
      '{}',
      '{"schema":1}',
      '{"schema":"x","schemaType":"XML"}',
      '[]',
      'null',
      '{"schema":"x","references":[1]}',
    ]) {
      server.fault = (_, response) => response.end(answer)
      await expect(registry.schema(1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    }
  })

  it('logs in with secrets that it reads when it needs them', async () => {
    const id = server.add('s', '"string"')
    const folder = mkdtempSync(join(tmpdir(), 'weir-secret-'))
    const file = join(folder, 'password')
    const password = `\${file:${file}}`
    const withSecret = () => new SchemaRegistry({ urls: [server.url], user: 'ann', password })
    await expect(withSecret().schema(id)).rejects.toMatchObject({
      domain: 'external',
      message: expect.stringContaining(password),
    })
    writeFileSync(file, 'one\n')
    await withSecret().schema(id)
    writeFileSync(file, 'two')
    await withSecret().schema(id)
    process.env['WEIR_SPEC_USER'] = 'ben'
    await new SchemaRegistry({ urls: [server.url], user: '${env:WEIR_SPEC_USER}', password }).schema(id)
    rmSync(folder, { recursive: true })
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
    expect(server.authorizations).toEqual([basic('ann:one'), basic('ann:two'), basic('ben:two')])
  })

  it('reads what a schema refers to before it, each once', async () => {
    server.add('money', '{"type":"fixed","name":"Money","size":8}')
    const line = { name: 'Line', subject: 'line', version: 1 }
    const money = { name: 'Money', subject: 'money', version: 1 }
    server.add('line', '"line"', 'AVRO', [money])
    const id = server.add('order', '"order"', 'AVRO', [line, money])
    expect((await registry.schema(id))?.references.map(({ name }) => name)).toEqual(['Money', 'Line'])
  })

  it('takes the most references that a schema may have, and no more, and none in a circle', async () => {
    const references = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ name: `r${i}`, subject: `r${i}`, version: 1 }))
    for (let i = 0; i <= REFERENCES_MAX; i++) server.add(`r${i}`, `"r${i}"`)
    const most = server.add('most', '"most"', 'AVRO', references(REFERENCES_MAX))
    expect((await registry.schema(most))?.references.length).toBe(REFERENCES_MAX)
    const more = server.add('more', '"more"', 'AVRO', references(REFERENCES_MAX + 1))
    await expect(registry.schema(more)).rejects.toThrow(/refers to too many others/)
    const circle = server.add('circle', '"circle"', 'AVRO', [{ name: 'circle', subject: 'circle', version: 1 }])
    await expect(registry.schema(circle)).rejects.toThrow(/refers to itself/)
  })

  it('says why a subject does not take a schema', async () => {
    server.setCompatibility('s', 'BACKWARD')
    const record = (type: string) => ({
      type: 'AVRO' as const,
      text: JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type }] }),
      references: [],
    })
    await registry.register('s', record('long'))
    await expect(registry.register('s', record('string'))).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/^subject "s" does not take the schema: .*incompatible/),
    })
  })
})
