import type { RecordChunk } from '../src/engine/ports/log.ts'
import { account } from './inputs.ts'
import { type OrdersOptions, order } from './orders.ts'

/** What a run over Kafka has to bring out: it takes all that a reader of committed records sees. */
export interface Account {
  accept(chunk: RecordChunk): void
  /** True as soon as all is there. */
  readonly complete: boolean
  /** Says what was found where that can't become all. */
  readonly error: string | undefined
}

export const ACCOUNTS_OF: Readonly<Record<string, (orders: OrdersOptions) => Account>> = {
  tumble: windows(({ events }) => events),
  session: windows(({ events }) => events),
  'session-short': windows(({ events }) => events),
  // Each order is in five windows.
  hop: windows(({ events }) => 5 * events),
  filter: rows(countMatching),
  'stream-table': rows(({ events }) => events),
  // Half of the events are orders, and each has its payment.
  interval: rows(({ events }) => Math.ceil(events / 2)),
  'table-table': (orders) => new FinalBalances(orders),
}

/** Counts rows, without a look into them: who measures shares the cores with what is measured. */
class Count implements Account {
  readonly #expected: number
  #seen = 0

  constructor(expected: number) {
    this.#expected = expected
  }

  accept({ count, valueStart }: RecordChunk): void {
    for (let i = 0; i < count; i++) if ((valueStart[i] as number) >= 0) this.#seen++
  }

  get complete(): boolean {
    return this.#seen === this.#expected
  }

  get error(): string | undefined {
    if (this.#seen <= this.#expected) return undefined
    return `the output has ${this.#seen} rows, and there are ${this.#expected}`
  }
}

/** Adds up what rows stand for. */
class Sum implements Account {
  readonly #weigh: (row: Readonly<Record<string, unknown>>) => number
  readonly #expected: number
  #seen = 0

  constructor(weigh: (row: Readonly<Record<string, unknown>>) => number, expected: number) {
    this.#weigh = weigh
    this.#expected = expected
  }

  accept(chunk: RecordChunk): void {
    for (const row of rowsOf(chunk)) this.#seen += this.#weigh(row)
  }

  get complete(): boolean {
    return this.#seen === this.#expected
  }

  get error(): string | undefined {
    if (this.#seen <= this.#expected) return undefined
    return `the output counts ${this.#seen} events, and there are ${this.#expected}`
  }
}

function windows(expected: (orders: OrdersOptions) => number): (orders: OrdersOptions) => Account {
  return (orders) => new Sum((row) => Number(row.orders), expected(orders))
}

function rows(expected: (orders: OrdersOptions) => number): (orders: OrdersOptions) => Account {
  return (orders) => new Count(expected(orders))
}

/** How many changes there are depends on what a batch holds; what each account has in the end does not. */
class FinalBalances implements Account {
  readonly error = undefined
  readonly #final = new Map<number, string>()
  readonly #seen = new Map<number, string>()
  #right = 0

  constructor(orders: OrdersOptions) {
    for (let i = 0; i < orders.events; i++) {
      const { id, user_id, balance } = account(i, orders)
      this.#final.set(id, `${user_id} ${balance}`)
    }
  }

  accept(chunk: RecordChunk): void {
    for (const row of rowsOf(chunk)) this.#acceptRow(row)
  }

  #acceptRow(row: Readonly<Record<string, unknown>>): void {
    const id = Number(row.id)
    const final = this.#final.get(id)
    const now = `${row.owner} ${row.balance}`
    if (this.#seen.get(id) === final) this.#right--
    this.#seen.set(id, now)
    if (now === final) this.#right++
  }

  get complete(): boolean {
    return this.#right === this.#final.size
  }
}

/** As the query `filter` does. */
function countMatching(orders: OrdersOptions): number {
  let count = 0
  for (let i = 0; i < orders.events; i++) {
    const { region, amount } = JSON.parse(order(i, orders)) as { readonly region: string; readonly amount: number }
    if (region === 'eu-west' && amount > 990) count++
  }
  return count
}

function* rowsOf({ count, data, valueStart, valueEnd }: RecordChunk): Generator<Readonly<Record<string, unknown>>> {
  for (let i = 0; i < count; i++) {
    if ((valueStart[i] as number) < 0) continue
    yield JSON.parse(Buffer.from(data.subarray(valueStart[i], valueEnd[i])).toString())
  }
}
