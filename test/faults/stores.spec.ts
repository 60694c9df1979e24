// Rows on their way from Kafka into PostgreSQL, while the server that delivers them and the database are killed.

import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { PostgresServer, postgresMissing } from '../../scripts/cdc/postgres-server.ts'
import type { KafkaLog } from '../../src/adapters/kafka/kafka-log.ts'
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
const SESSION_TIMEOUT_MS = 2_000
const SOON = { timeout: 60_000 }

/** A database with a trigger that would see a row that is applied twice. */
class Target implements AsyncDisposable {
  readonly server: PostgresServer

  constructor(server: PostgresServer) {
    this.server = server
  }

  static async start(): Promise<Target> {
    const target = new Target(await PostgresServer.start())
    // The count of a key grows with every change of its row: applied twice, a pair of both would be there twice.
    await target.rows(`CREATE TABLE copies (id bigint NOT NULL, k bigint);
      CREATE TABLE counts (k bigint PRIMARY KEY, n bigint);
      CREATE TABLE audit (k bigint, n bigint);
      CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO audit VALUES (NEW.k, NEW.n); RETURN NEW; END $$;
      CREATE TRIGGER audit AFTER INSERT OR UPDATE ON counts FOR EACH ROW EXECUTE FUNCTION audit();`)
    return target
  }

  async rows<T extends object>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.server.url })
    await client.connect()
    try {
      return (await client.query<T>(sql)).rows
    } finally {
      await client.end()
    }
  }

  async copied(): Promise<number> {
    return Number((await this.rows<{ n: string }>('SELECT COUNT(*) AS n FROM copies'))[0]?.n)
  }

  /** All events are there, each once. */
  async check(sent: number): Promise<void> {
    await expect
      .poll(() => this.rows('SELECT COUNT(*)::int AS n, COUNT(DISTINCT id)::int AS ids FROM copies'), SOON)
      .toEqual([{ n: sent, ids: sent }])
    await expect
      .poll(() => this.rows('SELECT SUM(n)::int AS n, COUNT(*)::int AS keys FROM counts'), SOON)
      .toEqual([{ n: sent, keys: KEYS }])
    expect(await this.rows('SELECT k, n FROM audit GROUP BY k, n HAVING COUNT(*) > 1')).toEqual([])
    expect(await this.rows('SELECT COUNT(*)::int AS n FROM weir_positions')).toEqual([{ n: 2 * PARTITIONS }])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

/** Events that flow into a topic until they are stopped. */
class Writer {
  sent = 0
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(log: KafkaLog, topic: string, random: Random) {
    this.#done = this.#run(log, topic, random)
  }

  async stop(): Promise<number> {
    this.#stop.abort()
    await this.#done
    return this.sent
  }

  async #run(log: KafkaLog, topic: string, random: Random): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const records = Array.from({ length: ROUND_EVENTS }, () => ({
        key: null,
        value: Buffer.from(JSON.stringify({ id: this.sent, k: this.sent++ % KEYS })),
        timestamp: 0,
      }))
      await log.append(topic, random.integer(0, PARTITIONS - 1), records)
      await pause(ROUND_MS)
    }
  }
}

describeKafka('rows from Kafka into PostgreSQL', (kafka) => {
  const { log, place } = killedServer(kafka)

  async function begin(name: string, client: WeirClient, target: Target): Promise<Writer> {
    const topic = `${kafka.prefix}.${name}`
    await log.createTopic({ name: topic, partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined })
    const options = `connector = 'postgres', url = '${target.server.url}'`
    await client.execute(`
      CREATE STREAM events (id BIGINT NOT NULL, k BIGINT NOT NULL) WITH (connector = 'kafka', topic = '${topic}');
      SET 'checkpoint.interval' = '100 ms';
      CREATE SINK copies FROM events WITH (${options});
      CREATE SINK counts AS SELECT k, COUNT(*) AS n FROM events GROUP BY k WITH (${options});`)
    return new Writer(log, topic, new Random(SEED))
  }

  test.skipIf(missing !== null)(
    `are there once, also after ${KILLS} kills of the server and of the database`,
    async () => {
      const random = new Random(SEED)
      await using target = await Target.start()
      const { address, spawn } = await place()
      let server = spawn()
      let writer: Writer | undefined
      try {
        await using client = await WeirClient.connect(address, { connectTimeoutMs: 60_000 })
        writer = await begin('killed', client, target)
        for (let kill = 0; kill < KILLS; kill++) {
          const before = await target.copied()
          await expect.poll(() => target.copied(), SOON).toBeGreaterThan(before)
          await pause(random.integer(50, 700))
          if (kill % 2 === 1) await target.server.kill()
          await server.kill()
          server = spawn()
          if (kill % 2 === 1) await target.server.restart()
          // And once the database alone.
          if (kill === 2) {
            await expect.poll(() => target.copied(), SOON).toBeGreaterThan(before)
            await target.server.kill()
            await pause(random.integer(50, 700))
            await target.server.restart()
          }
        }
        await target.check(await writer.stop())
        await client.execute('DROP SINK copies; DROP SINK counts; DROP STREAM events')
        expect((await log.topics()).filter(({ name }) => name.endsWith('.outbox'))).toEqual([])
      } finally {
        await writer?.stop().catch(() => undefined)
        await server.kill()
      }
    },
    300_000,
  )

  test.skipIf(missing !== null)(
    'are there once, also when a replica wakes up that others have taken for dead',
    async () => {
      await using target = await Target.start()
      const flags = ['--session-timeout-ms', String(SESSION_TIMEOUT_MS), '--standby-replicas', '1']
      const places = await Promise.all(['a', 'b'].map((name) => place([...flags, '--replica-name', name])))
      const servers = places.map(({ spawn }) => spawn())
      let writer: Writer | undefined
      try {
        await using client = await WeirClient.connect(places[0]?.address ?? '', { connectTimeoutMs: 60_000 })
        writer = await begin('frozen', client, target)
        for (const server of [...servers, ...servers]) {
          const before = await target.copied()
          await expect.poll(() => target.copied(), SOON).toBeGreaterThan(before)
          server.signal('SIGSTOP')
          await pause(2 * SESSION_TIMEOUT_MS)
          // The other one goes on with its partitions.
          const after = await target.copied()
          await expect.poll(() => target.copied(), SOON).toBeGreaterThan(after)
          server.signal('SIGCONT')
        }
        await target.check(await writer.stop())
      } finally {
        await writer?.stop().catch(() => undefined)
        for (const server of servers) await server.kill()
      }
    },
    300_000,
  )
})
