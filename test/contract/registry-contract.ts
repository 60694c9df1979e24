import { describe, expect, it } from 'vitest'
import { SchemaRegistry } from '../../src/adapters/schema-registry/schema-registry.ts'

/** What the client expects of a schema registry: held by the one of the tests and by a real one. */
export function registryContract(name: string, open: () => Promise<{ readonly url: string }>): void {
  const avro = (fields: readonly object[]) => ({
    type: 'AVRO' as const,
    text: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }),
    references: [],
  })
  const ID = { name: 'id', type: 'long' }
  const NOTE = { name: 'note', type: ['null', 'string'], default: null }
  let subjects = 0
  const subjectName = () => `weir-contract-${process.pid}-${subjects++}/ä-value`

  describe(`the schema registry: ${name}`, () => {
    const connect = async () => {
      const { url } = await open()
      return new SchemaRegistry({ urls: [url], user: undefined, password: undefined })
    }
    /** Another client has nothing in its cache. */
    const both = async () => [await connect(), await connect()] as const

    it('gives back by its id what was registered', async () => {
      const [writer, reader] = await both()
      const schema = avro([ID])
      const id = await writer.register(subjectName(), schema)
      const found = await reader.schema(id)
      expect(found).toMatchObject({ id, type: 'AVRO', references: [] })
      expect(JSON.parse(found?.text ?? '')).toEqual(JSON.parse(schema.text))
    })

    it('registers the same schema once', async () => {
      const [writer, other] = await both()
      const subject = subjectName()
      expect(await other.register(subject, avro([ID, NOTE]))).toBe(await writer.register(subject, avro([ID, NOTE])))
    })

    it('knows the latest of a subject', async () => {
      const [writer, reader] = await both()
      const subject = subjectName()
      await writer.register(subject, avro([ID]))
      const id = await writer.register(subject, avro([ID, NOTE]))
      expect((await reader.latest(subject)).id).toBe(id)
    })

    it('says that a subject or an id is not there', async () => {
      const registry = await connect()
      await expect(registry.latest(subjectName())).rejects.toMatchObject({ code: 'NOT_FOUND', domain: 'user' })
      expect(await registry.schema(4_000_000)).toBeUndefined()
      expect(registry.isMissing(4_000_000)).toBe(true)
      expect(registry.isMissing(1)).toBe(false)
    })

    it('keeps Protobuf and JSON Schema as well', async () => {
      const [writer, reader] = await both()
      const proto = 'syntax = "proto3";\nmessage Order {\n  int64 id = 1;\n}\n'
      const protoId = await writer.register(subjectName(), { type: 'PROTOBUF', text: proto, references: [] })
      expect(await reader.schema(protoId)).toMatchObject({
        type: 'PROTOBUF',
        text: expect.stringContaining('int64 id'),
      })
      const json = '{"type":"object","properties":{"id":{"type":"integer"}}}'
      const jsonId = await writer.register(subjectName(), { type: 'JSON', text: json, references: [] })
      expect(await reader.schema(jsonId)).toMatchObject({ type: 'JSON', text: json })
    })

    it('does not take what is no schema', async () => {
      const registry = await connect()
      const broken = { type: 'AVRO' as const, text: '{"type":"recrod","name":"x"}', references: [] }
      await expect(registry.register(subjectName(), broken)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    })
  })
}
