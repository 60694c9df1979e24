// Two servers over one Kafka: whichever is asked, the answer is whole, although each keeps only a part of the view.
// What one lacks it asks of the other by gRPC.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { must } from '../../../src/core/assert.ts'
import { UPDATE_BEFORE } from '../../../src/core/batch.ts'
import type { Row } from '../../../src/core/value.ts'
import type { ResultEvent, ResultStream, Runtime } from '../../../src/runtime/api.ts'
import { loadConfig } from '../../../src/server/config/config.ts'
import { openRuntime } from '../../../src/server/engine/open-runtime.ts'
import { GrpcPeers } from '../../../src/server/peers/grpc-peers.ts'
import { type RunningServer, startServer } from '../../../src/server/start-server.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { freeAddress } from '../server-process.ts'

const PARTITIONS = 4
const USERS = 3_000

interface Replica {
  readonly server: RunningServer
  readonly runtime: Runtime
}

describeKafka('replicas that answer for each other', (kafka) => {
  let root: string
  let number = 0
  let prefix: string
  let topic: string
  let log: KafkaLog
  const replicas = new Set<Replica>()
  const connection = { bootstrapBrokers: [kafka.bootstrap] }

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'weir-test-'))
    prefix = `${kafka.prefix}-peers-${++number}`
    topic = `${prefix}.visits`
    log = new KafkaLog({ connection, replicationFactor: 1 })
    await log.createTopic({ name: topic, partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined })
  })
  afterEach(async () => {
    for (const { server } of replicas) await server.close()
    replicas.clear()
    for (const name of await log.topicNames()) if (name.startsWith(prefix)) await log.deleteTopic(name)
    await log.close()
    rmSync(root, { recursive: true })
  })

  async function start(name: string, flags: Readonly<Record<string, unknown>> = {}): Promise<Replica> {
    let runtime: Runtime | undefined
    const config = loadConfig({
      flags: {
        listen: await freeAddress(),
        dataDirectory: join(root, name),
        kafka: kafka.bootstrap,
        kafkaPrefix: prefix,
        kafkaReplicationFactor: 1,
        replicaName: name,
        sessionTimeoutMs: 2_000,
        logLevel: 'silent',
        shutdownGraceMs: 100,
        ...flags,
      },
    })
    const server = await startServer(config, {
      open: async (settings, logger) => {
        runtime = await openRuntime(settings, logger)
        return runtime
      },
    })
    const replica = { server, runtime: must(runtime, 'the server has opened it') }
    replicas.add(replica)
    return replica
  }

  async function close(replica: Replica): Promise<void> {
    replicas.delete(replica)
    await replica.server.close()
  }

  async function execute({ runtime }: Replica, sql: string): Promise<void> {
    for await (const result of runtime.execute(sql, { session: new Map([['scan.startup.mode', 'earliest']]) })) {
      if (result.kind === 'rows') await result.results.close()
    }
  }

  async function select({ runtime }: Replica, sql: string): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const event of await runtime.query(sql)) if (event.kind === 'rows') rows.push(...event.rows)
    return rows.map((row) => row.map(Number)).sort((a, b) => Number(a[0]) - Number(b[0]))
  }

  /** Each user once more. */
  async function visit(): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = []
      for (let user = partition; user < USERS; user += PARTITIONS) {
        records.push({ key: null, value: Buffer.from(JSON.stringify({ user })), timestamp: 0 })
      }
      await log.append(topic, partition, records)
    }
  }

  const VIEW = () => `CREATE STREAM visits (user BIGINT) WITH (connector = 'kafka', topic = '${topic}')
      FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW counts AS SELECT user, COUNT(*) AS n FROM visits GROUP BY user;`
  const everybody = (visits: number): readonly Row[] => Array.from({ length: USERS }, (_, user) => [user, visits])

  /** Both run a part of the view, and have read of it. */
  async function bothRun({ runtime }: Replica): Promise<void> {
    const working = async () => {
      const { seen } = await runtime.analyze('counts')
      const busy = [...seen.stats]
        .filter(([, { rowsIn, rowsOut }]) => rowsIn + rowsOut > 0)
        .map(([id]) => seen.replicaOf.get(id))
      return [...new Set(busy)].sort()
    }
    await expect.poll(working, { timeout: 20_000 }).toEqual(['a', 'b'])
  }

  const untilRead = (replica: Replica, visits: number) =>
    expect
      .poll(() => select(replica, 'SELECT user, n FROM counts').catch(() => []), { timeout: 30_000 })
      .toEqual(everybody(visits))

  test.each([1, 2])('a pull query gets the whole view from either, with threads: %i', async (threads) => {
    const first = await start('a', { threads })
    const second = await start('b', { threads })
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await untilRead(first, 1)
    await untilRead(second, 1)
    await visit()
    await bothRun(first)
    await untilRead(first, 2)
    await untilRead(second, 2)
    for (const user of [0, 1, 2, USERS - 1]) {
      expect(await select(first, `SELECT user, n FROM counts WHERE user = ${user}`)).toEqual([[user, 2]])
      expect(await select(second, `SELECT user, n FROM counts WHERE user = ${user}`)).toEqual([[user, 2]])
    }
    expect(await select(second, 'SELECT user, n FROM counts WHERE user = -1')).toEqual([])
    // Objectives are of the whole, whoever is asked.
    for (const { runtime } of [first, second]) {
      const rowsIn = async () => (await runtime.statsOfAll()).get('counts')?.rowsIn
      await expect.poll(rowsIn, { timeout: 20_000 }).toBe(2 * USERS)
    }
  })

  test('EXPLAIN ANALYZE on either tells of the tasks of both, and names a replica that does not answer', async () => {
    const first = await start('a', { threads: 1 })
    const second = await start('b', { threads: 1, sessionTimeoutMs: 20_000 })
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    await untilRead(first, 1)
    const analyze = async ({ runtime }: Replica) => {
      for await (const result of runtime.execute('EXPLAIN ANALYZE QUERY counts')) {
        if (result.kind === 'text') return result.text
      }
      return ''
    }
    for (const replica of [first, second]) {
      const text = await analyze(replica)
      expect(text).toMatch(/^query "counts": running, 8 of 8 tasks seen; measured for/)
      expect(text).toContain('tasks by replica: a 4, b 4')
      // All of the rows, and all of the partitions.
      expect(text).toMatch(new RegExp(`scan-visits .* ${USERS} in`))
      for (let partition = 0; partition < PARTITIONS; partition++) {
        expect(text).toMatch(new RegExp(`scan-visits ${partition} +0 records behind`))
      }
    }
    for (const replica of [first, second]) {
      const { properties } = await replica.runtime.describe('counts')
      const all = String(USERS)
      expect(properties).toMatchObject({ 'rows in': all, 'rows out': all, 'lag (records)': '0', state: 'running' })
    }
    // Its seat is kept for a session timeout, and nobody is in it.
    await close(second)
    expect((await first.runtime.describe('counts')).properties).toMatchObject({
      'replica b': expect.stringContaining('did not tell of its tasks'),
    })
    const text = await analyze(first)
    expect(text).toContain('4 of 8 tasks seen')
    expect(text).toMatch(/replica "b" did not tell of its tasks: .*ECONNREFUSED/)
  })

  test('a copy of the state is kept on the other, which goes on at once when one dies', async () => {
    const standby = { threads: 2, standbyReplicas: 1 }
    const first = await start('a', standby)
    const second = await start('b', standby)
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    const copies = async () => (await second.runtime.describe('counts')).properties['copies in step']
    await expect.poll(copies, { timeout: 20_000 }).toBe('8 of 8 tasks')
    expect((await second.runtime.analyze('counts')).text).toContain(
      'copies in step: of 8 of 8 tasks, by replica: a 4, b 4',
    )
    await visit()
    await untilRead(second, 2)
    // Long enough for the copies to have had the rest.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await close(first)
    await expect.poll(async () => (await second.runtime.analyze('counts')).tasksSeen, { timeout: 20_000 }).toBe(8)
    // Four changelogs of some thousand records, of which it has read none again.
    expect((await second.runtime.stats('counts')).restore).toEqual({ records: 0, remaining: 0 })
    await visit()
    await untilRead(second, 3)
  })

  test('one whose state others have leaves when it ends: they go on before its session is over', async () => {
    const standby = { threads: 1, standbyReplicas: 1, sessionTimeoutMs: 60_000 }
    const first = await start('a', standby)
    const second = await start('b', standby)
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    const copies = async () => (await second.runtime.describe('counts')).properties['copies in step']
    await expect.poll(copies, { timeout: 20_000 }).toBe('8 of 8 tasks')
    await close(first)
    await visit()
    await untilRead(second, 2)
  })

  test('without its copies it reads the changelogs, and gets the same', async () => {
    const first = await start('a', { threads: 2 })
    const second = await start('b', { threads: 2 })
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    await untilRead(second, 1)
    await close(first)
    await expect.poll(async () => (await second.runtime.analyze('counts')).tasksSeen, { timeout: 20_000 }).toBe(8)
    expect((await second.runtime.stats('counts')).restore.records).toBeGreaterThan(USERS / 4)
    await untilRead(second, 1)
  })

  test('a query of a view that ends ends with it, with all of its rows, whichever replicas run the tasks', async () => {
    const first = await start('a', { threads: 1 })
    const second = await start('b', { threads: 1 })
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await visit()
    await execute(
      first,
      `CREATE STREAM visits (user BIGINT) WITH (connector = 'kafka', topic = '${topic}',
        'scan.startup.mode' = 'earliest', 'scan.bounded.mode' = 'latest-offset');
      CREATE MATERIALIZED VIEW counts AS SELECT user, COUNT(*) AS n FROM visits GROUP BY user;
      CREATE MATERIALIZED VIEW parity AS SELECT user % 2 AS odd, COUNT(*) AS n FROM counts GROUP BY user % 2;`,
    )
    for (const { runtime } of [first, second]) {
      await expect.poll(async () => (await runtime.stats('parity')).state, { timeout: 30_000 }).toBe('finished')
    }
    expect(await select(second, 'SELECT odd, n FROM parity')).toEqual([
      [0, USERS / 2],
      [1, USERS / 2],
    ])
  })

  test('a push query on a thread tells what comes', async () => {
    const only = await start('a', { threads: 2 })
    await execute(only, VIEW())
    const stream = await only.runtime.query('SELECT user, COUNT(*) AS n FROM visits GROUP BY user EMIT CHANGES')
    await visit()
    const seen = new Map<number, number>()
    for await (const event of stream) {
      if (event.kind === 'rows') for (const [user, n] of event.rows) seen.set(Number(user), Number(n))
      if (seen.size === USERS) break
    }
    expect(new Set(seen.values())).toEqual(new Set([1]))
  })

  test('a RESET QUERY on one of them is one on both, and LATEST is the moment of the statement', async () => {
    const first = await start('a')
    const second = await start('b')
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    await untilRead(second, 1)
    await execute(second, 'RESET QUERY counts TO EARLIEST')
    await visit()
    await bothRun(first)
    await untilRead(first, 2)
    await execute(first, 'RESET QUERY counts TO LATEST')
    await visit()
    await untilRead(second, 1)
    await untilRead(first, 1)
  })

  test('a subscription begins with the whole view on either, resumes on the other, and tells each change once', async () => {
    const first = await start('a')
    const second = await start('b')
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    await untilRead(first, 1)
    const seen = new Map<number, number>()
    // In the middle of the snapshot it goes on at the other replica, which has not said a word of it.
    let token = await read(await second.runtime.subscribe('counts'), seen, () => seen.size >= 1_000)
    expect(seen.size).toBeLessThan(USERS)
    await visit()
    await untilRead(first, 2)
    const isThere = (visits: number) => seen.size === USERS && [...seen.values()].every((n) => n === visits)
    token = await read(await first.runtime.subscribe('counts', { resumeToken: token }), seen, () => isThere(2))
    await visit()
    await read(await second.runtime.subscribe('counts', { resumeToken: token }), seen, () => isThere(3))
  })

  /** Resolves with the last token. A user whose count is told twice, or of whom one was left out, fails. */
  async function read(stream: ResultStream, seen: Map<number, number>, isDone: () => boolean): Promise<string> {
    let token = ''
    for await (const event of stream as AsyncIterable<ResultEvent>) {
      token = event.resumeToken
      if (event.kind === 'rows') {
        event.rows.forEach((row, i) => {
          const [user, n] = row.map(Number) as [number, number]
          const before = seen.get(user)
          // What was told of a user in the snapshot is at least as new as what comes first for others.
          if (before !== undefined && event.changes[i] !== UPDATE_BEFORE) expect(n, `user ${user}`).toBe(before + 1)
          seen.set(user, n)
        })
      }
      if (isDone()) break
    }
    expect(isDone()).toBe(true)
    return token
  }

  test('when the other has gone, who is asked says so, and answers all again after it has taken over', async () => {
    const first = await start('a')
    const second = await start('b')
    await expect.poll(() => second.runtime.ready && first.runtime.ready, { timeout: 20_000 }).toBe(true)
    await execute(first, VIEW())
    await visit()
    await bothRun(first)
    await untilRead(second, 1)
    await close(first)
    const failure = await select(second, 'SELECT user, n FROM counts').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', retry: true })
    await untilRead(second, 1)
  })

  test('what asks for tables of another deployment, or for what is no table of a view, gets nothing', async () => {
    const only = await start('a')
    await execute(only, VIEW())
    await visit()
    await untilRead(only, 1)
    const peers = new GrpcPeers()
    const ask = async (deployment: string, task: string) => {
      const request = { deployment, query: 'counts', task, from: new Uint8Array(0), to: undefined }
      for await (const _ of peers.readTable(only.server.address, request, new AbortController().signal));
    }
    try {
      await expect(ask(prefix, 'counts')).rejects.toThrow('not a replica of the deployment that asks')
      await expect(ask('', '')).rejects.toThrow('not a replica of the deployment that asks')
    } finally {
      await peers.close()
    }
  })
})
