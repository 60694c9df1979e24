import { formatRegistry } from '../../src/adapters/formats/registry.ts'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import type { Storage } from '../../src/adapters/storage.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { Row } from '../../src/core/value.ts'
import { WeirRuntime } from '../../src/runtime/weir-runtime.ts'
import { TestSchemaRegistry } from './schema-registry.ts'

/** A record as a producer sends it. */
export interface Produced {
  readonly key?: Uint8Array | string | null
  readonly value: Uint8Array | string | null
}

/** A runtime that is configured with the registry of the tests; records come as bytes, as producers send them. */
export class RegistryWorld {
  readonly registry: TestSchemaRegistry
  readonly runtime: WeirRuntime
  readonly #storage: Storage

  private constructor(registry: TestSchemaRegistry, runtime: WeirRuntime, storage: Storage) {
    this.registry = registry
    this.runtime = runtime
    this.#storage = storage
  }

  static async open(): Promise<RegistryWorld> {
    const registry = await TestSchemaRegistry.open()
    const storage = openMemoryStorage()
    const runtime = await WeirRuntime.open({
      storage,
      formats: formatRegistry({ schemaRegistry: { url: registry.url, user: undefined, password: undefined } }),
      clock: new SystemClock(),
    })
    return new RegistryWorld(registry, runtime, storage)
  }

  async close(): Promise<void> {
    await this.runtime.close()
    await this.registry[Symbol.asyncDispose]()
  }

  /** All rows of statements that end by themselves. */
  async run(sql: string): Promise<Row[]> {
    const rows: Row[] = []
    for await (const result of this.runtime.execute(sql)) {
      if (result.kind === 'table') rows.push(...result.rows)
      if (result.kind !== 'rows') continue
      for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
    }
    return rows
  }

  /** The rows that a table or view has in the end, in the order of the query. */
  async settled(sql: string, count: number): Promise<Row[]> {
    for (let tries = 0; ; tries++) {
      const rows = await this.run(sql)
      if (rows.length === count || tries === 200) return rows
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async produce(topic: string, ...records: readonly (Produced | Uint8Array)[]): Promise<void> {
    const output = records.map((record) => {
      const { key = null, value } = record instanceof Uint8Array ? { value: record } : record
      return { key: bytesOf(key), value: bytesOf(value), timestamp: 1_768_478_405_000 }
    })
    await this.#storage.log.append(topic, 0, output)
  }

  /** All records of a topic. */
  async records(topic: string): Promise<readonly { readonly key: Buffer | null; readonly value: Buffer | null }[]> {
    const reader = await this.#storage.log.openReader(topic)
    const chunk = await reader.read(0, await reader.startOffset(0), 1_000, 0)
    await reader.close()
    if (chunk === undefined) return []
    const piece = (starts: Int32Array | undefined, ends: Int32Array | undefined, i: number) => {
      const start = starts?.[i] ?? -1
      return start < 0 ? null : Buffer.from(chunk.data.slice(start, ends?.[i]))
    }
    return Array.from({ length: chunk.count }, (_, i) => ({
      key: piece(chunk.keyStart, chunk.keyEnd, i),
      value: piece(chunk.valueStart, chunk.valueEnd, i),
    }))
  }
}

function bytesOf(value: Uint8Array | string | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value
}

/** Confluent's wire format. */
export function framed(id: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(id, 1)
  return Buffer.concat([header, bytes])
}

/** The id and the bytes behind it. */
export function unframed(value: Buffer | null): { readonly id: number; readonly bytes: Buffer } {
  if (value === null || value[0] !== 0) throw new Error('the record names no schema')
  return { id: value.readUInt32BE(1), bytes: value.subarray(5) }
}
