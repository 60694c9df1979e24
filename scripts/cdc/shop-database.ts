import { Client } from 'pg'
import type { Random } from '../../test/harness/random.ts'

/** A shop whose rows are inserted, updated and deleted all the time, as its application would. */
const TABLES = `
  CREATE TABLE customers (id BIGINT PRIMARY KEY, name TEXT NOT NULL, city TEXT);
  CREATE TABLE orders (
    id BIGINT PRIMARY KEY, customer_id BIGINT, amount NUMERIC(12, 2) NOT NULL,
    placed TIMESTAMPTZ NOT NULL DEFAULT date_trunc('second', now()), note TEXT);
  -- One of them sends its whole old rows, the other only their keys: it must make no difference.
  ALTER TABLE orders REPLICA IDENTITY FULL;`
const CITIES = ['Berlin', 'Lagos', 'Lima', 'Osaka', null]
/** So few that many orders lose their customer, and get it back. */
const CUSTOMERS_MAX = 60
const CHANGES_PER_TRANSACTION_MAX = 10
/** Where an order goes whose key is changed. */
const MOVED = 1_000_000

export class ShopDatabase implements AsyncDisposable {
  readonly #client: Client
  readonly #random: Random
  #orders = 0
  /** Statements that were committed. */
  changes = 0

  private constructor(client: Client, random: Random) {
    this.#client = client
    this.#random = random
  }

  static async create(url: string, random: Random): Promise<ShopDatabase> {
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query(TABLES)
    return new ShopDatabase(client, random)
  }

  /** One transaction of a few changes; one in twenty is rolled back. */
  async change(): Promise<void> {
    const count = this.#random.integer(1, CHANGES_PER_TRANSACTION_MAX)
    await this.#client.query('BEGIN')
    for (let i = 0; i < count; i++) await this.#changeOnce()
    const commits = !this.#random.chance(0.05)
    await this.#client.query(commits ? 'COMMIT' : 'ROLLBACK')
    if (commits) this.changes += count
  }

  /** A column more, in the middle of it all, that later changes set. */
  async addColumn(): Promise<void> {
    await this.#client.query(`ALTER TABLE orders ADD COLUMN status TEXT DEFAULT 'new'`)
  }

  /** Rows as texts, for comparing; by key. */
  async rows(sql: string): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.#client.query<Readonly<Record<string, string | null>>>(sql)
    return new Map(rows.map((row) => [String(row['id']), JSON.stringify(Object.values(row))]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }

  async #changeOnce(): Promise<void> {
    const { integer, pick } = bound(this.#random)
    const order = integer(1, Math.max(1, this.#orders))
    const customer = integer(1, CUSTOMERS_MAX)
    const amount = (integer(100, 100_000) / 100).toFixed(2)
    const dice = integer(1, 100)
    if (dice <= 40) {
      const values = [++this.#orders, customer, amount, dice <= 5 ? null : `note ${dice}`]
      await this.#client.query(
        'INSERT INTO orders (id, customer_id, amount, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        values,
      )
    } else if (dice <= 65) {
      await this.#client.query('UPDATE orders SET amount = $2, customer_id = $3 WHERE id = $1', [
        order,
        amount,
        customer,
      ])
    } else if (dice <= 75) await this.#client.query('DELETE FROM orders WHERE id = $1', [order])
    else if (dice <= 80) {
      await this.#client.query(
        'UPDATE orders SET id = id + $2 WHERE id = $1 AND NOT EXISTS (SELECT FROM orders WHERE id = $1 + $2)',
        [order, MOVED],
      )
    } else if (dice <= 95) {
      await this.#client.query(
        `INSERT INTO customers (id, name, city) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, city = excluded.city`,
        [customer, `customer ${integer(1, 1_000)}`, pick(CITIES)],
      )
    } else await this.#client.query('DELETE FROM customers WHERE id = $1', [customer])
  }
}

function bound(random: Random): Pick<Random, 'integer' | 'pick'> {
  return { integer: (min, max) => random.integer(min, max), pick: (list) => random.pick(list) }
}
