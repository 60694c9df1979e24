// Joins over real brokers, in a process that is killed while events flow: a stream with a table, two streams, two tables.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { describeKafka } from '../harness/kafka/describe-kafka.ts'
import { Random } from '../harness/random.ts'
import { killedServer } from './killed-server.ts'

/** Topics of different numbers of partitions: nothing has to be partitioned alike. */
const TOPICS = { users: 2, accounts: 3, orders: 3, payments: 2 } as const
type Topic = keyof typeof TOPICS

const USERS = 3_000
const ACCOUNTS = 200
const KILLS = 3
const ROUND_MS = 50
const ROUND_ORDERS = 40
const SEED = 11

describeKafka('joins over Kafka', (kafka) => {
  const { log, place } = killedServer(kafka)
  const topic = (name: Topic) => `${kafka.prefix}.${name}`

  /** Rows of one key go to one partition. */
  async function append(name: Topic, rows: readonly { readonly id: number }[]): Promise<void> {
    for (let partition = 0; partition < TOPICS[name]; partition++) {
      const own = rows.filter(({ id }) => id % TOPICS[name] === partition)
      if (own.length === 0) continue
      const records = own.map((row) => ({ key: null, value: Buffer.from(JSON.stringify(row)), timestamp: Date.now() }))
      await log.append(topic(name), partition, records)
    }
  }

  test(`are exact, also after ${KILLS} kills`, async () => {
    const random = new Random(SEED)
    for (const [name, partitions] of Object.entries(TOPICS)) {
      const spec = { name: topic(name as Topic), partitions, retentionMs: undefined, retentionBytes: undefined }
      await log.createTopic(spec)
    }
    await append(
      'users',
      Array.from({ length: USERS }, (_, id) => ({ id, name: `user ${id}` })),
    )
    const { address, spawn } = await place()
    let server = spawn()
    let orders = 0
    const paid: number[] = []
    const accounts = new Map<number, { readonly user: number; readonly balance: number }>()
    const startMs = Date.now()
    const stop = new AbortController()
    const round = async () => {
      const ordered = Array.from({ length: ROUND_ORDERS }, () => {
        const id = orders++
        return { id, user_id: random.integer(0, USERS - 1), ts: startMs + id }
      })
      const payments = ordered.filter(() => random.chance(0.7))
      const late = payments.filter(() => random.chance(0.2))
      // Those that come too long after their order find it no more.
      for (const payment of payments) if (!late.includes(payment)) paid.push(payment.id)
      const changed = Array.from({ length: 5 }, () => {
        const id = random.integer(0, ACCOUNTS - 1)
        const account = { user: random.integer(0, USERS - 1), balance: random.integer(0, 1_000) }
        accounts.set(id, account)
        return { id, user_id: account.user, balance: account.balance }
      })
      await append('orders', ordered)
      await append(
        'payments',
        payments.map((one) => ({ id: one.id, ts: one.ts + (late.includes(one) ? 501 : random.integer(0, 500)) })),
      )
      await append('accounts', [...new Map(changed.map((one) => [one.id, one])).values()])
    }
    const write = async () => {
      while (!stop.signal.aborted) {
        await round()
        await pause(ROUND_MS)
      }
    }
    let writing = Promise.resolve()
    try {
      await using client = await WeirClient.connect(address, { connectTimeoutMs: 60_000 })
      const options = (name: Topic) =>
        `WITH (connector = 'kafka', topic = '${topic(name)}', 'scan.startup.mode' = 'earliest')`
      const watermark = `WATERMARK FOR ts AS ts - INTERVAL '10' SECOND EMIT ON EVENT IDLE TIMEOUT INTERVAL '3' SECOND`
      await client.execute(`CREATE TABLE users (id BIGINT PRIMARY KEY, name STRING) ${options('users')} FORMAT UPSERT ENCODE JSON;
        CREATE TABLE accounts (id BIGINT PRIMARY KEY, user_id BIGINT, balance INT) ${options('accounts')} FORMAT UPSERT ENCODE JSON;
        CREATE STREAM orders (id BIGINT, user_id BIGINT, ts TIMESTAMP, ${watermark}) ${options('orders')};
        CREATE STREAM payments (id BIGINT, ts TIMESTAMP, ${watermark}) ${options('payments')};
        SET 'checkpoint.interval' = '100 ms';
        CREATE MATERIALIZED VIEW enriched AS
          SELECT u.name IS NOT NULL AS known, COUNT(*) AS n, SUM(o.id) AS ids
          FROM orders o LEFT JOIN users u ON o.user_id = u.id GROUP BY u.name IS NOT NULL;
        CREATE MATERIALIZED VIEW settled AS
          SELECT p.id IS NOT NULL AS paid, COUNT(*) AS n, SUM(o.id) AS ids
          FROM orders o LEFT JOIN payments p
            ON o.id = p.id AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '500' MILLISECOND GROUP BY p.id IS NOT NULL;
        CREATE MATERIALIZED VIEW balances AS
          SELECT a.id AS account, u.id AS owner, u.name, a.balance FROM users u JOIN accounts a ON a.user_id = u.id;`)
      writing = write()
      const ordersRead = async () => {
        const rows = await client.query('SELECT SUM(n) AS n FROM enriched').toArray()
        return Number(rows[0]?.['n'] ?? 0)
      }
      for (let kill = 0; kill < KILLS; kill++) {
        const before = orders
        await expect.poll(ordersRead, { timeout: 60_000 }).toBeGreaterThan(before)
        await pause(random.integer(100, 1_000))
        await server.kill()
        server = spawn()
      }
      await expect.poll(ordersRead, { timeout: 60_000 }).toBeGreaterThan(0)
      stop.abort()
      await writing
      const numbers = async (sql: string) =>
        (await client.query(sql).toArray()).map((row) => Object.values(row).map((one) => String(one)))
      const sum = (ids: readonly number[]) => ids.reduce((total, id) => total + id, 0)
      const all = Array.from({ length: orders }, (_, id) => id)
      const unpaid = all.filter((id) => !paid.includes(id))
      // No order misses its user: the table was read first, each time.
      await expect
        .poll(() => numbers('SELECT known, n, ids FROM enriched ORDER BY known'), { timeout: 60_000 })
        .toEqual([['true', String(orders), String(sum(all))]])
      await expect
        .poll(() => numbers('SELECT paid, n, ids FROM settled ORDER BY paid'), { timeout: 60_000 })
        .toEqual([
          ['false', String(unpaid.length), String(sum(unpaid))],
          ['true', String(paid.length), String(sum(paid))],
        ])
      await expect
        .poll(() => numbers('SELECT account, owner, name, balance FROM balances ORDER BY account'), { timeout: 60_000 })
        .toEqual(
          [...accounts]
            .sort(([a], [b]) => a - b)
            .map(([id, { user, balance }]) => [id, user, `user ${user}`, balance].map(String)),
        )
      expect(orders).toBeGreaterThan(1_000)
    } finally {
      stop.abort()
      await writing
      await server.kill()
    }
  }, 240_000)
})
