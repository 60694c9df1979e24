// Rows on their way from Kafka into PostgreSQL, while the server that delivers them and the database are killed.

import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { PostgresServer, postgresMissing } from '../../scripts/cdc/postgres-server.ts'
import { describeKafka } from '../harness/kafka/describe-kafka.ts'
import { Random } from '../harness/random.ts'
import { killedServer } from './killed-server.ts'

const missing = await postgresMissing()
const PARTITIONS = 3
const KEYS = 11
const KILLS = 4
const ROUND_EVENTS = 60
const ROUND_MS = 50
const SEED = 11
const SOON = { timeout: 60_000 }

describeKafka('rows from Kafka into PostgreSQL', (kafka) => {
  const { log, place } = killedServer(kafka)
  const topic = `${kafka.prefix}.events`

  test.skipIf(missing !== null)(
    `are there once, also after ${KILLS} kills of the server and of the database`,
    async () => {
      const random = new Random(SEED)
      await using database = await PostgresServer.start()
      const rows = async <T extends object>(sql: string): Promise<T[]> => {
        const client = new pg.Client({ connectionString: database.url })
        await client.connect()
        try {
          return (await client.query<T>(sql)).rows
        } finally {
          await client.end()
        }
      }
      await log.createTopic({ name: topic, partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined })
      const { address, spawn } = await place()
      let server = spawn()
      let sent = 0
      const stop = new AbortController()
      const write = async () => {
        while (!stop.signal.aborted) {
          const records = Array.from({ length: ROUND_EVENTS }, () => ({
            key: null,
            value: Buffer.from(JSON.stringify({ id: sent, k: sent++ % KEYS })),
            timestamp: 0,
          }))
          await log.append(topic, random.integer(0, PARTITIONS - 1), records)
          await pause(ROUND_MS)
        }
      }
      let writing = Promise.resolve()
      try {
        await using client = await WeirClient.connect(address, { connectTimeoutMs: 60_000 })
        const options = `connector = 'postgres', url = '${database.url}', 'create.table' = true`
        await client.execute(`
          CREATE STREAM events (id BIGINT NOT NULL, k BIGINT NOT NULL) WITH (connector = 'kafka', topic = '${topic}');
          SET 'checkpoint.interval' = '100 ms';
          CREATE SINK copies FROM events WITH (${options});
          CREATE SINK counts AS SELECT k, COUNT(*) AS n FROM events GROUP BY k WITH (${options});`)
        // The count of a key grows with every change of its row: applied twice, a pair of both would be here twice.
        await rows(`CREATE TABLE audit (k bigint, n bigint);
          CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO audit VALUES (NEW.k, NEW.n); RETURN NEW; END $$;
          CREATE TRIGGER audit AFTER INSERT OR UPDATE ON counts FOR EACH ROW EXECUTE FUNCTION audit();`)
        writing = write()
        const copied = async () => Number((await rows<{ n: string }>('SELECT COUNT(*) AS n FROM copies'))[0]?.n)
        for (let kill = 0; kill < KILLS; kill++) {
          const before = await copied()
          await expect.poll(copied, SOON).toBeGreaterThan(before)
          await pause(random.integer(50, 700))
          if (kill % 2 === 1) await database.kill()
          await server.kill()
          server = spawn()
          if (kill % 2 === 1) await database.restart()
          // And once the database alone.
          if (kill === 2) {
            await expect.poll(copied, SOON).toBeGreaterThan(before)
            await database.kill()
            await pause(random.integer(50, 700))
            await database.restart()
          }
        }
        stop.abort()
        await writing
        await expect
          .poll(() => rows('SELECT COUNT(*)::int AS n, COUNT(DISTINCT id)::int AS ids FROM copies'), SOON)
          .toEqual([{ n: sent, ids: sent }])
        await expect
          .poll(() => rows('SELECT SUM(n)::int AS n, COUNT(*)::int AS keys FROM counts'), SOON)
          .toEqual([{ n: sent, keys: KEYS }])
        expect(await rows('SELECT k, n FROM audit GROUP BY k, n HAVING COUNT(*) > 1')).toEqual([])
        expect(await rows('SELECT COUNT(*)::int AS n FROM weir_positions')).toEqual([{ n: 2 * PARTITIONS }])
        await client.execute('DROP SINK copies; DROP SINK counts')
        expect((await log.topics()).filter(({ name }) => name.endsWith('.outbox'))).toEqual([])
      } finally {
        stop.abort()
        await writing.catch(() => undefined)
        await server.kill()
      }
    },
    300_000,
  )
})
