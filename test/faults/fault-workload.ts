// What goes through the replicas while faults strike: numbered events, each a transfer between two accounts at a time.
// Some are written twice. One query counts them in windows, one keeps the balance of each account, and one passes on
// the first of each number, with a state that grows all the time. The verdict compares all three, as a reader of
// committed records sees them, with what is in the input, counted without Weir.

import { setTimeout as pause } from 'node:timers/promises'
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.ts'
import type { OutputRecord } from '../../src/engine/ports/log.ts'
import { committedValues } from '../harness/kafka/committed-values.ts'

export const PARTITIONS = 4
const OUTPUT_PARTITIONS = 2
const GROUPS = 7
const ACCOUNTS = 100
/** Event time from one event to the next, and how long a window is: fifty events a window. */
const STEP_MS = 100
const WINDOW_MS = 5_000
const EVENTS_PER_ROUND = 400
/** Of the round before, written once more. */
const REPEATED_PER_ROUND = 8
const ROUND_MS = 100
const POLL_MS = 50
/** Events of a round that is written again come after some of the same round: they are not late for that. */
const DELAY_MS = 120_000
/** Steps ahead of all events: what closes the last windows. */
const FUTURE = 100_000_000
/** Three queries of two stages. */
const TASKS = 3 * 2 * PARTITIONS
/** Of the stream: one of them reads it twice. */
const SCANS = 4
const CHANGELOG = /\.changelog-\d+$/
export const RECOVERY_MS_MAX = 60_000
/** A request to a broker that dies may stay without an answer for ever. */
const ANSWER_MS_MAX = 15_000

export interface WorkloadOptions {
  readonly bootstrap: string
  /** Begins the names of topics; that of the servers as well. */
  readonly prefix: string
  /** Brokers may be away for so long. */
  readonly outageMs: number
}

export interface Count {
  readonly events: number
  /** Events that are in no window or were not passed on, and sides of transfers that are in no balance. */
  readonly lost: number
  /** Those that are in one more than once. */
  readonly doubled: number
}

interface Event {
  readonly id: number
  readonly k: number
  readonly ts: number
  readonly src: number
  readonly dst: number
  readonly amount: number
}

export class FaultWorkload {
  readonly #options: WorkloadOptions
  readonly #log: KafkaLog
  readonly #stop = new AbortController()
  #writing: Promise<void> = Promise.resolve()
  #events = 0
  #deadExpected = 0

  constructor(options: WorkloadOptions) {
    this.#options = options
    const connection = { bootstrapBrokers: options.bootstrap.split(',') }
    this.#log = new KafkaLog({ connection, replicationFactor: undefined })
  }

  async createTopics(): Promise<void> {
    const spec = { retentionMs: undefined, retentionBytes: undefined }
    await this.#log.createTopic({ name: this.#topic('in'), partitions: PARTITIONS, ...spec })
    for (const name of ['out', 'balances', 'firsts']) {
      await this.#log.createTopic({ name: this.#topic(name), partitions: OUTPUT_PARTITIONS, ...spec })
    }
  }

  get statements(): string {
    const sink = (topic: string) => `WITH (connector = 'kafka', topic = '${this.#topic(topic)}',
      'checkpoint.interval' = '200 ms')`
    return `
      CREATE STREAM events (id BIGINT, k BIGINT, ts TIMESTAMP, src BIGINT, dst BIGINT, amount BIGINT,
        WATERMARK FOR ts AS ts - INTERVAL '${DELAY_MS / 1_000}' SECOND)
      WITH (connector = 'kafka', topic = '${this.#topic('in')}', 'scan.startup.mode' = 'earliest',
        dead_letter_topic = '${this.#topic('dead')}')
      FORMAT PLAIN ENCODE JSON;
      CREATE SINK windows AS SELECT k, window_start, COUNT(*) AS n, SUM(id) AS ids
      FROM events GROUP BY k, TUMBLE(ts, INTERVAL '${WINDOW_MS / 1_000}' SECOND) EMIT FINAL
      ${sink('out')} FORMAT PLAIN ENCODE JSON;
      CREATE VIEW sides AS SELECT src AS account, -amount AS amount FROM events
        UNION ALL SELECT dst AS account, amount FROM events;
      CREATE SINK balances AS SELECT account, COUNT(*) AS n, SUM(amount) AS balance FROM sides GROUP BY account
      EMIT CHANGES ${sink('balances')} FORMAT UPSERT ENCODE JSON;
      CREATE SINK firsts AS SELECT id FROM DEDUPLICATE(TABLE events PARTITION BY id, DESCRIPTOR(ts))
      ${sink('firsts')} FORMAT PLAIN ENCODE JSON;`
  }

  start(): void {
    this.#writing = this.#write()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#writing
  }

  async close(): Promise<void> {
    await this.stop().catch(() => undefined)
    for (const name of await this.#log.topicNames()) {
      if (name.startsWith(`${this.#options.prefix}.`)) await this.#log.deleteTopic(name)
    }
    await this.#log.close()
  }

  /** How far each task of each query has come: the end of what it has committed to its changelog. */
  async progress(): Promise<readonly number[]> {
    const topics = await answered(this.#log.topics()).catch(() => [])
    const changelogs = topics.filter(({ name }) => name.startsWith(this.#topic('')) && CHANGELOG.test(name))
    return changelogs.flatMap(({ offsets }) => offsets.map(({ end }) => end))
  }

  /** Until each task has come further than it was; `describe` says what the replicas say, where it does not. */
  async untilProgress(before: readonly number[], describe: () => string): Promise<void> {
    const giveUpMs = performance.now() + RECOVERY_MS_MAX
    for (;;) {
      const now = await this.progress()
      if (now.length === TASKS && now.every((end, task) => end > (before[task] ?? 0))) return
      if (performance.now() > giveUpMs) {
        throw new Error(`no progress for ${RECOVERY_MS_MAX} ms: from [${before}] to [${now}]\n${describe()}`)
      }
      await pause(POLL_MS)
    }
  }

  /** Records that are no rows: each has to be among the dead letters, once for each scan that has come across it. */
  async poison(partition: number, count: number): Promise<void> {
    const bad = { key: null, value: Buffer.from('{"id": no number'), timestamp: 0 }
    await this.#writeAll(partition, new Array<OutputRecord>(count).fill(bad))
    this.#deadExpected += SCANS * count
  }

  /** One more event, of so many bytes, with the time of what was written just before: early enough for its window. */
  async large(partition: number, bytes: number): Promise<void> {
    const event = eventOf(Math.max(0, this.#events - EVENTS_PER_ROUND))
    const value = Buffer.from(JSON.stringify({ ...event, pad: 'x'.repeat(bytes) }))
    await this.#writeAll(partition, [{ key: null, value, timestamp: 0 }])
  }

  /** After `stop`. */
  async verdict(): Promise<Count> {
    const events = this.#events
    // One event of each partition in the far future closes all windows before it.
    await this.#append(events, events + PARTITIONS, (id) => (id + FUTURE) * STEP_MS)
    const input = (await this.#records('in', PARTITIONS)).flatMap(eventIn)
    const windows = await this.#windows(input)
    const balances = await this.#balances(input)
    const firsts = await this.#firsts(input)
    const dead = (await this.#records('dead', 1).catch(() => [])).length
    return {
      events,
      lost: windows.lost + balances.lost + firsts.lost + Math.max(0, this.#deadExpected - dead),
      doubled: windows.doubled + balances.doubled + firsts.doubled + Math.max(0, dead - this.#deadExpected),
    }
  }

  #topic(name: string): string {
    return `${this.#options.prefix}.${name}`
  }

  /** Events in order, each partition too, until it is told to stop. */
  async #write(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const first = this.#events
      await this.#append(first, first + EVENTS_PER_ROUND, (id) => id * STEP_MS)
      this.#events = first + EVENTS_PER_ROUND
      await this.#append(first, first + REPEATED_PER_ROUND, (id) => id * STEP_MS)
      await pause(ROUND_MS)
    }
  }

  async #append(from: number, to: number, time: (id: number) => number): Promise<void> {
    const parts: OutputRecord[][] = Array.from({ length: PARTITIONS }, () => [])
    for (let id = from; id < to; id++) {
      const value = Buffer.from(JSON.stringify({ ...eventOf(id), ts: time(id) }))
      parts[id % PARTITIONS]?.push({ key: null, value, timestamp: time(id) })
    }
    await Promise.all(parts.map((records, partition) => this.#writeAll(partition, records)))
  }

  /** Until it is there: without an answer it may be there twice, and is expected twice then. */
  async #writeAll(partition: number, records: readonly OutputRecord[]): Promise<void> {
    const giveUpMs = performance.now() + this.#options.outageMs + RECOVERY_MS_MAX
    for (;;) {
      try {
        await answered(this.#log.append(this.#topic('in'), partition, records))
        return
      } catch (error) {
        if (performance.now() > giveUpMs) throw error
        await pause(POLL_MS)
      }
    }
  }

  /** Every event is in the one window of its group and time: none is missing, none is there twice. */
  async #windows(input: readonly Event[]): Promise<Pick<Count, 'lost' | 'doubled'>> {
    const expected = new Map<string, { n: number; ids: number }>()
    for (const { id, k, ts } of input) {
      if (ts >= FUTURE * STEP_MS) continue
      const key = `${k} ${Math.floor(ts / WINDOW_MS)}`
      const window = expected.get(key) ?? { n: 0, ids: 0 }
      expected.set(key, { n: window.n + 1, ids: window.ids + id })
    }
    const found = await this.#until(
      () => this.#output(),
      (rows) => rows.size >= expected.size,
    )
    let lost = 0
    let doubled = 0
    for (const [key, { n, ids }] of expected) {
      const rows = found.get(key) ?? []
      const counted = rows.reduce((sum, row) => sum + row.n, 0)
      lost += Math.max(0, n - counted)
      doubled += Math.max(0, counted - n)
      // As many as there should be, and not the same ones.
      if (counted === n && rows.reduce((sum, row) => sum + row.ids, 0) !== ids) lost++
    }
    for (const [key, rows] of found) if (!expected.has(key)) doubled += rows.length
    return { lost, doubled }
  }

  async #output(): Promise<ReadonlyMap<string, readonly { readonly n: number; readonly ids: number }[]>> {
    const found = new Map<string, { n: number; ids: number }[]>()
    for (const value of await this.#records('out', OUTPUT_PARTITIONS)) {
      const { k, window_start, n, ids } = JSON.parse(value)
      const key = `${k} ${Math.floor(Date.parse(`${window_start.replace(' ', 'T').replace(/Z?$/, 'Z')}`) / WINDOW_MS)}`
      found.set(key, [...(found.get(key) ?? []), { n: Number(n), ids: Number(ids) }])
    }
    return found
  }

  /** The last balance of each account is that of all transfers from it and to it. */
  async #balances(input: readonly Event[]): Promise<Pick<Count, 'lost' | 'doubled'>> {
    const expected = new Map<number, { n: number; balance: number }>()
    const add = (account: number, amount: number) => {
      const { n, balance } = expected.get(account) ?? { n: 0, balance: 0 }
      expected.set(account, { n: n + 1, balance: balance + amount })
    }
    for (const { src, dst, amount } of input) {
      add(src, -amount)
      add(dst, amount)
    }
    const last = async () => {
      const rows = (await this.#records('balances', OUTPUT_PARTITIONS)).map((value) => JSON.parse(value))
      return new Map(
        rows.map(({ account, n, balance }) => [Number(account), { n: Number(n), balance: Number(balance) }]),
      )
    }
    const all = 2 * input.length
    const found = await this.#until(last, (rows) => [...rows.values()].reduce((sum, { n }) => sum + n, 0) >= all)
    let lost = 0
    let doubled = 0
    for (const [account, { n, balance }] of expected) {
      const row = found.get(account) ?? { n: 0, balance: 0 }
      lost += Math.max(0, n - row.n)
      doubled += Math.max(0, row.n - n)
      if (n === row.n && balance !== row.balance) lost++
    }
    return { lost, doubled }
  }

  /** Each number is passed on once, however often its event was written. */
  async #firsts(input: readonly Event[]): Promise<Pick<Count, 'lost' | 'doubled'>> {
    const expected = new Set(input.map(({ id }) => id))
    const passed = async () =>
      (await this.#records('firsts', OUTPUT_PARTITIONS)).map((value) => Number(JSON.parse(value).id))
    const found = await this.#until(passed, (ids) => ids.length >= expected.size)
    const once = new Set(found)
    const lost = [...expected].filter((id) => !once.has(id)).length
    return { lost, doubled: found.length - once.size }
  }

  /** What is there once it is whole, or when there has been time enough for that. */
  async #until<T>(read: () => Promise<T>, isWhole: (found: T) => boolean): Promise<T> {
    const giveUpMs = performance.now() + RECOVERY_MS_MAX
    let found = await read()
    while (!isWhole(found) && performance.now() < giveUpMs) {
      await pause(POLL_MS)
      found = await read()
    }
    return found
  }

  #records(topic: string, partitions: number): Promise<readonly string[]> {
    return committedValues(this.#options.bootstrap.split(','), this.#topic(topic), partitions)
  }
}

/** A function of its number alone. */
function eventOf(id: number): Event {
  const src = id % ACCOUNTS
  return { id, k: id % GROUPS, ts: id * STEP_MS, src, dst: (src + 1 + (id % 13)) % ACCOUNTS, amount: 1 + (id % 997) }
}

/** The event in a record; nothing for one that is none. */
function eventIn(text: string): readonly Event[] {
  return text.endsWith('}') ? [JSON.parse(text) as Event] : []
}

async function answered<T>(request: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = pause(ANSWER_MS_MAX, undefined, { signal: timer.signal }).then(
    () => {
      throw new Error(`no answer within ${ANSWER_MS_MAX} ms`)
    },
    () => request,
  )
  try {
    return await Promise.race([request, late])
  } finally {
    timer.abort()
    late.catch(() => {})
  }
}
