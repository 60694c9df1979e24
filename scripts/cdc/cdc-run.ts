// A live read model of a real database: PostgreSQL → Debezium in Kafka Connect → Kafka → Weir. Rows are inserted,
// updated and deleted all the time, a column is added, and Connect is killed now and then. In the end Weir's views must
// be what the database itself says.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess } from '../../test/e2e/server-process.ts'
import { Random } from '../../test/harness/random.ts'
import { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { ConnectWorker } from './connect-worker.ts'
import { PostgresServer } from './postgres-server.ts'
import { ShopDatabase } from './shop-database.ts'

export interface CdcOptions {
  readonly seed: number
  /** Of the database, each of a few changes. */
  readonly transactions: number
  /** Of Connect, spread over them. */
  readonly kills: number
  /** Called now and then with the live view, while changes go on. */
  readonly onView?: ((rows: readonly Readonly<Record<string, unknown>>[]) => void) | undefined
  readonly onProgress?: ((line: string) => void) | undefined
}

export interface CdcVerdict {
  /** In the results of the database. */
  readonly rows: number
  /** Statements that the database has committed. */
  readonly changes: number
  /** Rows of the database that Weir does not have. */
  readonly lost: number
  /** Rows that Weir has otherwise, or has and the database has not. */
  readonly different: number
  /** How often Connect was. */
  readonly killed: number
}

const PREFIX = 'shop'
const PARTITIONS = 3
const CATCH_UP_MS_MAX = 120_000
const POLL_MS = 250
const VIEW_EVERY_TRANSACTIONS = 50

const SETUP = `
  CREATE TABLE customers (id BIGINT PRIMARY KEY, name STRING, city STRING)
    WITH (connector = 'kafka', topic = '${PREFIX}.public.customers', format = 'debezium-json');
  CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, amount DECIMAL(12, 2), placed TIMESTAMP, note STRING)
    WITH (connector = 'kafka', topic = '${PREFIX}.public.orders', format = 'debezium-json');
  CREATE MATERIALIZED VIEW order_rows AS SELECT id, customer_id, amount, placed, note FROM orders;
  CREATE MATERIALIZED VIEW read_model AS
    SELECT o.id AS id, o.amount AS amount, c.name AS name, c.city AS city
    FROM orders AS o LEFT JOIN customers AS c ON o.customer_id = c.id;
  CREATE MATERIALIZED VIEW per_city AS
    SELECT COALESCE(city, '?') AS id, COUNT(*) AS orders, SUM(amount) AS revenue FROM read_model
    GROUP BY COALESCE(city, '?');`

/** The same of both, every column as a text. */
const COMPARED = [
  {
    weir: `SELECT id, customer_id, CAST(amount AS STRING) AS amount, CAST(placed AS STRING) AS placed, note FROM order_rows`,
    postgres: `SELECT id::text, customer_id::text, amount::text,
      to_char(placed AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS placed, note FROM orders`,
  },
  {
    weir: 'SELECT id, CAST(amount AS STRING) AS amount, name, city FROM read_model',
    postgres: `SELECT o.id::text, o.amount::text, c.name, c.city
      FROM orders AS o LEFT JOIN customers AS c ON o.customer_id = c.id`,
  },
  {
    weir: 'SELECT id, orders, CAST(revenue AS STRING) AS revenue FROM per_city',
    postgres: `SELECT COALESCE(c.city, '?') AS id, COUNT(*)::text AS orders, SUM(o.amount)::text AS revenue
      FROM orders AS o LEFT JOIN customers AS c ON o.customer_id = c.id GROUP BY 1`,
  },
]

/** @throws JavaMissingError, PostgresMissingError where one of the parts is not on this machine. */
export async function runCdc(options: CdcOptions): Promise<CdcVerdict> {
  const { seed, transactions, kills, onView, onProgress = () => {} } = options
  const random = new Random(seed)
  await using postgres = await PostgresServer.start()
  await using database = await ShopDatabase.create(postgres.url, random)
  for (let i = 0; i < transactions / 10; i++) await database.change()
  await using kafka = await KafkaCluster.start({ onProgress })
  onProgress('starting Kafka Connect with Debezium')
  const tables = ['public.customers', 'public.orders']
  const { bootstrap } = kafka
  await using connect = await ConnectWorker.start({
    bootstrap,
    postgres,
    prefix: PREFIX,
    tables,
    partitions: PARTITIONS,
    onProgress,
  })
  const directory = mkdtempSync(join(tmpdir(), 'weir-cdc-'))
  let server: ServerProcess | undefined
  try {
    onProgress('starting Weir')
    buildServer()
    const flags = ['--kafka', bootstrap, '--kafka-replication-factor', '1']
    server = ServerProcess.spawn(await freeAddress(), directory, flags)
    await using client = await WeirClient.connect(server.address)
    await define(client)
    onProgress(`${transactions} transactions, in which Connect is killed ${kills} times`)
    let killed = 0
    for (let i = 0; i < transactions; i++) {
      if (i === Math.floor(transactions / 2)) await database.addColumn()
      if (killed < kills && i === Math.floor(((killed + 1) * transactions) / (kills + 1))) {
        await connect.kill()
        killed++
        // The database goes on meanwhile.
        const restarted = connect.start()
        for (let j = 0; j < VIEW_EVERY_TRANSACTIONS; j++) await database.change()
        await restarted
        onProgress(`Connect was killed ${killed} of ${kills} times`)
      }
      await database.change()
      if (onView !== undefined && i % VIEW_EVERY_TRANSACTIONS === 0) {
        onView(await client.query('SELECT id AS city, orders, revenue FROM per_city ORDER BY id').toArray())
      }
    }
    return { ...(await compare(client, database)), changes: database.changes, killed }
  } finally {
    await server?.kill()
    removeBuild()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Topics are made by Connect, with the first rows of its snapshot. */
async function define(client: WeirClient): Promise<void> {
  const deadline = performance.now() + CATCH_UP_MS_MAX
  for (const statement of SETUP.split(';').filter((text) => text.trim() !== '')) {
    for (;;) {
      try {
        await client.execute(`${statement};`)
        break
      } catch (error) {
        const isMissing = error instanceof Error && error.message.includes('does not exist')
        if (!isMissing || performance.now() > deadline) throw error
        await pause(POLL_MS)
      }
    }
  }
}

/** Once all that the database has done has come through, or there has been time enough for that. */
async function compare(
  client: WeirClient,
  database: ShopDatabase,
): Promise<Pick<CdcVerdict, 'rows' | 'lost' | 'different'>> {
  const deadline = performance.now() + CATCH_UP_MS_MAX
  for (;;) {
    let [rows, lost, different] = [0, 0, 0]
    for (const { weir, postgres } of COMPARED) {
      const expected = await database.rows(postgres)
      const found = await rowsOf(client, weir)
      rows += expected.size
      for (const [id, row] of expected) {
        if (!found.has(id)) lost++
        else if (found.get(id) !== row) different++
      }
      for (const id of found.keys()) if (!expected.has(id)) different++
    }
    if (lost + different === 0 || performance.now() > deadline) return { rows, lost, different }
    await pause(POLL_MS)
  }
}

async function rowsOf(client: WeirClient, sql: string): Promise<ReadonlyMap<string, string>> {
  const rows = await client.query(sql).toArray()
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value))
  return new Map(rows.map((row) => [String(row['id']), JSON.stringify(Object.values(row).map(text))]))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
