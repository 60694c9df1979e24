import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chunkOf } from '../../../test/harness/chunk.ts'
import { framed } from '../../../test/harness/registry-world.ts'
import { TestSchemaRegistry } from '../../../test/harness/schema-registry.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { SchemaRegistry } from '../schema-registry/schema-registry.ts'
import { AVRO } from './avro/avro-language.ts'
import { RECORD_BYTES_MAX, SchemaDecoder } from './schema-decoder.ts'

const FIELDS: readonly SourceField[] = [
  { name: 's', type: { kind: 'string' }, nullable: true, from: 'value', path: ['s'] },
]
const schema = (doc: number) => ({
  type: 'record',
  name: 'R',
  doc: String(doc),
  fields: [{ name: 's', type: 'string' }],
})
const records = (values: readonly Buffer[]) =>
  chunkOf(
    0,
    values.map((value) => ({ key: null, value, timestamp: 0 })),
    0,
  )
/** `{ s: "a" }`. */
const A = Buffer.from([2, 0x61])

describe('records that name their schema', () => {
  let server: TestSchemaRegistry
  let decoder: SchemaDecoder
  beforeEach(async () => {
    server = await TestSchemaRegistry.open()
    const registry = new SchemaRegistry({ urls: [server.url], user: undefined, password: undefined })
    const source = { registry, schemaId: undefined, text: undefined, subject: undefined, message: undefined }
    decoder = new SchemaDecoder(AVRO, source, FIELDS)
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('are waited for once a schema, and no more when it is there', async () => {
    const id = server.add('s', schema(1))
    const chunk = records([framed(id, A), framed(id, A)])
    await decoder.prepare(chunk)
    expect(decoder.prepare(chunk)).toBeUndefined()
    expect(decoder.decode(chunk).columns).toEqual([['a', 'a']])
    expect(server.requests).toHaveLength(1)
  })

  it('may each name another one, as many as a chunk has records', async () => {
    const chunk = records(Array.from({ length: 300 }, (_, i) => framed(server.add('s', schema(i)), A)))
    await decoder.prepare(chunk)
    expect(decoder.prepare(chunk)).toBeUndefined()
    expect(decoder.decode(chunk)).toMatchObject({ length: 300, bad: [] })
  })

  it('that name many which do not exist cost one question each, and are asked about no more for a while', async () => {
    const chunk = records(Array.from({ length: 100 }, (_, i) => framed(1_000 + i, A)))
    await decoder.prepare(chunk)
    expect(server.requests).toHaveLength(100)
    expect(decoder.prepare(chunk)).toBeUndefined()
    const { length, bad } = decoder.decode(chunk)
    expect([length, bad.length, bad[0]?.reason]).toEqual([0, 100, 'the schema registry has no schema 1000'])
  })

  it('of another language, or with a schema that is none, are bad; the others are rows', async () => {
    const proto = server.add('p', 'syntax = "proto3";', 'PROTOBUF')
    const broken = server.add('b', '{"type":"recrod"}')
    const good = server.add('s', schema(1))
    const chunk = records([framed(proto, A), framed(broken, A), framed(good, A)])
    await decoder.prepare(chunk)
    const rows = decoder.decode(chunk)
    expect(rows.bad.map(({ reason }) => reason)).toEqual([
      `schema ${proto} of the registry is PROTOBUF, not AVRO`,
      `schema ${broken} is not valid: there is no type "recrod"`,
    ])
    expect([...rows.records]).toEqual([2])
  })

  it('have so many bytes at most', async () => {
    const id = server.add('s', schema(1))
    const ofSize = (size: number) => {
      // A length of four bytes as a zigzag varint, then the text.
      const length = size - 5 - 4
      const zigzag = length * 2
      const varint = [0, 7, 14, 21].map((shift, i) => ((zigzag >>> shift) & 0x7f) | (i < 3 ? 0x80 : 0))
      return framed(id, Buffer.concat([Buffer.from(varint), Buffer.alloc(length, 0x61)]))
    }
    const chunk = records([ofSize(RECORD_BYTES_MAX), ofSize(RECORD_BYTES_MAX + 1)])
    await decoder.prepare(chunk)
    const rows = decoder.decode(chunk)
    expect([...rows.records]).toEqual([0])
    expect(rows.bad).toEqual([{ index: 1, reason: 'the record has 16777217 bytes, more than 16777216' }])
  })
})
