// A runtime whose rows go to a store outside, for the specs of such.

import { formatRegistry } from '../../../src/adapters/formats/registry.ts'
import { openMemoryStorage } from '../../../src/adapters/memory/memory-storage.ts'
import type { Storage } from '../../../src/adapters/storage.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import type { Row } from '../../../src/core/value.ts'
import { WeirRuntime } from '../../../src/runtime/weir-runtime.ts'

export class SinkWorld implements AsyncDisposable {
  readonly storage: Storage
  readonly failures: string[] = []
  runtime: WeirRuntime

  private constructor(storage: Storage, runtime: WeirRuntime) {
    this.storage = storage
    this.runtime = runtime
  }

  static async open(storage: Storage = openMemoryStorage()): Promise<SinkWorld> {
    const failures: string[] = []
    const world = new SinkWorld(storage, await openRuntime(storage, failures))
    world.failures.push(...failures)
    return world
  }

  /** The runtime ends, and another one goes on with what is stored. */
  async restart(): Promise<void> {
    await this.runtime.close()
    this.runtime = await openRuntime(this.storage, this.failures)
  }

  async run(sql: string): Promise<Row[]> {
    const rows: Row[] = []
    for await (const result of this.runtime.execute(sql)) {
      if (result.kind === 'table') rows.push(...result.rows)
      if (result.kind !== 'rows') continue
      for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
    }
    return rows
  }

  /** What DESCRIBE EXTENDED says of one property. */
  async property(query: string, name: string): Promise<string | undefined> {
    const { properties } = await this.runtime.describe(query)
    return properties[name]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close()
  }
}

function openRuntime(storage: Storage, failures: string[]): Promise<WeirRuntime> {
  return WeirRuntime.open({
    storage,
    formats: formatRegistry(),
    clock: new SystemClock(),
    onJobFailure: (_, error) => failures.push(error instanceof Error ? error.message : String(error)),
  })
}
