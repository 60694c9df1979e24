import { account } from './inputs.ts'
import { type OrdersOptions, order } from './orders.ts'

/** What a run over Kafka has to bring out: it takes each row that a reader of committed records sees. */
export interface Account {
  accept(row: Readonly<Record<string, unknown>>): void
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

/** Adds up what rows stand for. */
class Sum implements Account {
  readonly #weigh: (row: Readonly<Record<string, unknown>>) => number
  readonly #expected: number
  #seen = 0

  constructor(weigh: (row: Readonly<Record<string, unknown>>) => number, expected: number) {
    this.#weigh = weigh
    this.#expected = expected
  }

  accept(row: Readonly<Record<string, unknown>>): void {
    this.#seen += this.#weigh(row)
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
  return (orders) => new Sum(() => 1, expected(orders))
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

  accept(row: Readonly<Record<string, unknown>>): void {
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
