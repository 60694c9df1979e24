// The server on its own log is killed with -9 while its rows go into PostgreSQL and Redis: each is there once.

import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { PostgresServer, postgresMissing } from '../../scripts/cdc/postgres-server.ts'
import { RedisServer, redisMissing } from '../../scripts/stores/redis-server.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from './server-process.ts'

const missing = (await postgresMissing()) ?? redisMissing()
const EVENTS = 4_000
const KEYS = 13
const KILLS = 4
const SOON = { timeout: 30_000 }

describe.skipIf(missing !== null)(`kill -9 of a server with sinks${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(buildServer, 120_000)
  afterAll(removeBuild)

  it('loses no row on its way into PostgreSQL and Redis, and doubles none', async () => {
    await using database = await PostgresServer.start()
    await using redis = await RedisServer.start()
    const directory = temporaryDirectory()
    const address = await freeAddress()
    let server = ServerProcess.spawn(address, directory)
    const sql = async <T extends object>(text: string): Promise<T[]> => {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      try {
        return (await client.query<T>(text)).rows
      } finally {
        await client.end()
      }
    }
    const cache = createClient({ url: redis.url })
    await cache.connect()
    try {
      await using client = await WeirClient.connect(address, { connectTimeoutMs: 20_000 })
      await client.execute(`
        CREATE STREAM events (id BIGINT NOT NULL, k BIGINT NOT NULL) WITH (connector = 'embedded');
        CREATE SINK copies FROM events
          WITH (connector = 'postgres', url = '${database.url}', 'create.table' = true);
        CREATE SINK counts AS SELECT k, COUNT(*) AS n FROM events GROUP BY k
          WITH (connector = 'redis', url = '${redis.url}');`)
      const writing = (async () => {
        await using writer = client.ingest('events', { batchRecordsMax: 20 })
        for (let id = 0; id < EVENTS; id++) {
          await writer.write({ id, k: id % KEYS })
          if (id % 20 === 0) await pause(5)
        }
        await writer.flush()
      })()
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(150 + kill * 130)
        await server.kill()
        server = ServerProcess.spawn(address, directory)
        await pause(700)
      }
      await writing
      await expect
        .poll(() => sql('SELECT COUNT(*)::int AS n, COUNT(DISTINCT id)::int AS ids FROM copies'), SOON)
        .toEqual([{ n: EVENTS, ids: EVENTS }])
      const counts = Array.from({ length: KEYS }, (_, k) => ({ k, n: Math.ceil((EVENTS - k) / KEYS) }))
      const keys = counts.map(({ k }) => `counts:${k}`)
      await expect
        .poll(async () => (await cache.mGet(keys)).map((text) => JSON.parse(text ?? 'null')), SOON)
        .toEqual(counts)
    } finally {
      cache.destroy()
      await server.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  }, 120_000)
})
