// The server is killed with -9, again and again, while a producer writes and a subscriber reads. Both carry on by
// themselves; a ledger of ids says whether a row was lost or came twice.

import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from './server-process.ts'

const RECORDS = 6_000
const KILLS = 4
const FAST_RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 }

beforeAll(buildServer, 120_000)
afterAll(removeBuild)

/** Why the reader stopped: not an error of its own. */
const LEFT = new Error('left')

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('kill -9', () => {
  it('loses no row and doubles none, from the producer to the subscriber', async () => {
    const directory = temporaryDirectory()
    const address = await freeAddress()
    let server = ServerProcess.spawn(address, directory)
    await using client = await WeirClient.connect(address, { connectTimeoutMs: 20_000, channelOptions: FAST_RECONNECT })
    await client.execute(`
      CREATE STREAM events (id BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts)
        WITH (connector = 'embedded') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW kept AS SELECT id, id * 2 AS double_id FROM events WHERE id >= 0;`)

    const ledger = new Map<bigint, number>()
    const leave = new AbortController()
    let reconnects = 0
    const reading = (async () => {
      const options = { signal: leave.signal, onReconnect: () => (reconnects += 1) }
      for await (const { row } of client.subscribe('kept', options)) {
        const id = row['id'] as bigint
        expect(row['double_id']).toBe(id * 2n)
        ledger.set(id, (ledger.get(id) ?? 0) + 1)
      }
    })()
    const ended = reading.then(
      () => new Error('the subscription ended'),
      (error: unknown) => error,
    )

    const writing = (async () => {
      await using writer = client.ingest('events', { batchRecordsMax: 20 })
      for (let id = 0; id < RECORDS; id++) {
        await writer.write({ id, ts: new Date(1_767_225_600_000 + id).toISOString() })
        if (id % 20 === 0) await pause(5)
      }
      await writer.flush()
      return writer.appended + writer.duplicates
    })()

    for (let kill = 0; kill < KILLS; kill++) {
      await pause(150 + kill * 130)
      await server.kill()
      server = ServerProcess.spawn(address, directory)
      await pause(700)
    }
    try {
      expect(await writing).toBe(RECORDS)
      const endMs = Date.now() + 30_000
      while (ledger.size < RECORDS && Date.now() < endMs) await pause(20)
      // A moment more: a double would come now.
      await pause(500)
      leave.abort(LEFT)
      expect(await ended).toBe(LEFT)
      expect(ledger.size).toBe(RECORDS)
      expect([...ledger].filter(([, times]) => times !== 1)).toEqual([])
      expect(reconnects).toBeGreaterThan(0)
    } finally {
      leave.abort()
      await server.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  }, 120_000)
})
