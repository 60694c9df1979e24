// Quotas of clients of a real server.

import { afterEach, describe, expect, it } from 'vitest'
import type { WeirError } from '../../../clients/typescript/src/index.ts'
import { ScriptedStream, scriptedRuntime } from '../../../test/e2e/scripted-runtime.ts'
import { GuardedServer } from '../../../test/harness/guarded-server.ts'
import type { SettingName } from '../config/config.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(flags: Partial<Record<SettingName, unknown>>) {
  const streams: ScriptedStream[] = []
  const opened = async () => {
    const stream = new ScriptedStream(true, () => undefined)
    streams.push(stream)
    return stream
  }
  const ingested: number[] = []
  const ingest = async ({ records }: { readonly records: readonly unknown[] }) => {
    ingested.push(performance.now())
    return { appended: records.length, duplicates: 0 }
  }
  const runtime = scriptedRuntime({ subscribe: opened, query: opened, list: async () => [], ingest })
  const server = await GuardedServer.start(flags, {}, async () => runtime)
  cleanups.push(() => server[Symbol.asyncDispose]())
  const clients = [await server.client('ann', ['admin']), await server.client('bob', ['admin'])] as const
  return { server, clients, streams, ingested }
}

/** Runs on until it is refused. */
const held = (events: AsyncIterable<unknown>) => {
  const run = async () => {
    for await (const _ of events);
  }
  return run().then(
    () => undefined,
    (error: WeirError) => error,
  )
}

describe('a client', () => {
  it.each([
    ['quotaQueries', 'queries'],
    ['quotaSubscriptions', 'subscriptions'],
    ['quotaStreams', 'streams'],
  ] as const)(
    'has so many at once as %s says; others are not touched, and what ends makes room',
    async (setting, what) => {
      const { clients, streams } = await serve({ [setting]: 2 })
      const [ann, bob] = clients
      const open = (client: typeof ann, signal?: AbortSignal) =>
        setting === 'quotaQueries'
          ? held(client.query('SELECT 1', [], { signal }))
          : held(client.subscribe('v', { signal, reconnectAttemptsMax: 0 }))
      const first = new AbortController()
      void open(ann, first.signal)
      void open(ann)
      await expect.poll(() => streams.length).toBe(2)
      const refused = await open(ann)
      expect(refused).toMatchObject({ status: 'RESOURCE_EXHAUSTED', retry: true, retryAfterMs: 1_000 })
      expect(refused?.message).toBe(`too many ${what} of one client: the limit is 2`)
      void open(bob)
      await expect.poll(() => streams.length).toBe(3)
      first.abort()
      await expect.poll(() => streams.some((stream) => stream.closed)).toBe(true)
      void open(ann)
      await expect.poll(() => streams.length).toBe(4)
    },
  )

  it('sends so many calls a second, is told when to come again, and then may', async () => {
    const { clients } = await serve({ quotaMessagesPerSecond: 20 })
    const [ann, bob] = clients
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => ann.listObjects()))
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as WeirError] : []))
    expect(refused.length).toBe(10)
    for (const error of refused) {
      expect(error).toMatchObject({ status: 'RESOURCE_EXHAUSTED', retry: true })
      expect(error.retryAfterMs).toBeGreaterThan(0)
      expect(error.retryAfterMs).toBeLessThanOrEqual(1_000)
    }
    await bob.listObjects()
    await new Promise((resolve) => setTimeout(resolve, refused[0]?.retryAfterMs))
    await ann.listObjects()
  })

  it('that writes faster is held back, with nothing lost', async () => {
    const { clients, ingested } = await serve({ quotaMessagesPerSecond: 5 })
    const writer = clients[0].ingest('s', { batchRecordsMax: 1 })
    const startMs = performance.now()
    for (let i = 0; i < 12; i++) {
      await writer.write(Buffer.from(String(i)))
      await writer.flush()
    }
    await writer.close()
    expect(ingested.length).toBe(12)
    expect(performance.now() - startMs).toBeGreaterThan(1_800)
  })

  it('sends so many bytes a second, and never less than one message', async () => {
    const { clients } = await serve({ quotaBytesPerSecond: 8_192, messageReceiveBytesMax: 4_096 })
    const [ann] = clients
    const large = () => held(ann.query(`SELECT '${'x'.repeat(3_000)}'`, [], { timeoutMs: 300 }))
    const outcomes = await Promise.all([large(), large(), large()])
    expect(outcomes.map((error) => error?.status).sort()).toEqual([
      'DEADLINE_EXCEEDED',
      'DEADLINE_EXCEEDED',
      'RESOURCE_EXHAUSTED',
    ])
    await expect(serve({ quotaBytesPerSecond: 4_095, messageReceiveBytesMax: 4_096 })).rejects.toThrow(
      '--quota-bytes-per-second is below --message-receive-bytes-max',
    )
  })
})
