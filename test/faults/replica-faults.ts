// Faults of replicas, for real: server processes over a real broker, struck at moments that a seed chooses, while
// events flow. The verdict counts every event: each is in exactly one window of the output, as a reader of committed
// records sees it.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import type { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.ts'
import { PartitionReader } from '../../src/adapters/kafka/partition-reader.ts'
import { freeAddress, ServerProcess, temporaryDirectory } from '../e2e/server-process.ts'
import { Random } from '../harness/random.ts'
import type { Cable } from './fault-brokers.ts'

export const REPLICA_FAULTS = ['kill', 'pause', 'wipe', 'storm', 'poison', 'large'] as const
export const BROKER_FAULTS = ['broker', 'outage'] as const
export const FAULTS = [...REPLICA_FAULTS, 'cut', ...BROKER_FAULTS] as const
/**
 * - `kill`: SIGKILL, and a new process at once
 * - `pause`: SIGSTOP for longer than the session timeout, then SIGCONT: a zombie that believes it still has its tasks
 * - `wipe`: SIGKILL, and the new process finds an empty data directory
 * - `storm`: for some seconds one of the replicas goes each second, and comes again
 * - `poison`: records that are no rows, which have to be among the dead letters, each once
 * - `large`: an event of 5 MB
 * - `cut`: no packet passes between a replica and the brokers, for longer than the session timeout
 * - `broker`: one of three brokers is killed and comes again
 * - `outage`: all of them, for half a minute
 */
export type ReplicaFault = (typeof FAULTS)[number]

export interface FaultRun {
  readonly bootstrap: string
  readonly prefix: string
  readonly fault: ReplicaFault
  readonly seed: number
  /** Strikes, one after the other. */
  readonly strikes: number
  /** The brokers, for the faults that strike them. */
  readonly cluster?: KafkaCluster | undefined
  /** What the last replica is behind, for the fault that cuts it. */
  readonly cable?: Cable | undefined
  /** How long an outage is; half a minute by default. */
  readonly outageMs?: number
  readonly log?: (line: string) => void
}

export interface Verdict {
  readonly events: number
  readonly lost: number
  readonly doubled: number
  /** By strike: until the output grows again, ms. */
  readonly recoveryMs: readonly number[]
}

const REPLICAS = 2
const PARTITIONS = 4
const OUTPUT_PARTITIONS = 2
const GROUPS = 7
const SESSION_TIMEOUT_MS = 2_000
/** Event time from one event to the next, and how long a window is: fifty events a window. */
const STEP_MS = 100
const WINDOW_MS = 5_000
const EVENTS_PER_ROUND = 400
const ROUND_MS = 100
/** Several processes and brokers start at once, on few cores. */
const CONNECT_MS_MAX = 60_000
const RECOVERY_MS_MAX = 60_000
const POLL_MS = 50
/** Events of a round that is written again come after some of the same round: they are not late for that. */
const DELAY_MS = 120_000
const STORM_SECONDS = 5
const POISON_RECORDS = 3
const LARGE_BYTES = 5 * 1024 * 1024
const OUTAGE_MS = 30_000
/** Steps ahead of all events: what closes the last windows. */
const FUTURE = 100_000_000

export async function runFault(run: FaultRun): Promise<Verdict> {
  const world = await World.open(run)
  try {
    return await world.strikeAll()
  } finally {
    await world.close()
  }
}

interface Replica {
  readonly address: string
  readonly data: string
  process: ServerProcess
}

class World {
  readonly #run: FaultRun
  readonly #random: Random
  readonly #log: KafkaLog
  readonly #directory = temporaryDirectory()
  readonly #replicas: Replica[] = []
  readonly #stopWriting = new AbortController()
  #writing: Promise<void> = Promise.resolve()
  #events = 0
  #poisoned = 0

  private constructor(run: FaultRun) {
    this.#run = run
    this.#random = new Random(run.seed)
    const connection = { bootstrapBrokers: run.bootstrap.split(',') }
    this.#log = new KafkaLog({ connection, replicationFactor: undefined })
  }

  static async open(run: FaultRun): Promise<World> {
    const world = new World(run)
    const spec = { retentionMs: undefined, retentionBytes: undefined }
    await world.#log.createTopic({ name: world.#topic('in'), partitions: PARTITIONS, ...spec })
    await world.#log.createTopic({ name: world.#topic('out'), partitions: OUTPUT_PARTITIONS, ...spec })
    for (let i = 0; i < REPLICAS; i++) {
      const address = await freeAddress()
      const data = join(world.#directory, `replica-${i}`)
      world.#replicas.push({ address, data, process: world.#spawn(address, data, i) })
    }
    await world.#define()
    world.#writing = world.#write()
    return world
  }

  async strikeAll(): Promise<Verdict> {
    const recoveryMs: number[] = []
    await this.#growth(0)
    for (let strike = 0; strike < this.#run.strikes; strike++) {
      await pause(this.#random.integer(200, 1_500))
      recoveryMs.push(await this.#strike())
      this.#run.log?.(`strike ${strike + 1} of ${this.#run.strikes}: ${recoveryMs.at(-1)} ms`)
    }
    this.#stopWriting.abort()
    await this.#writing
    return { ...(await this.#verdict()), recoveryMs }
  }

  async close(): Promise<void> {
    this.#stopWriting.abort()
    await this.#writing.catch(() => undefined)
    for (const { process } of this.#replicas) {
      process.signal('SIGCONT')
      await process.kill()
    }
    for (const { name } of await this.#log.topics()) {
      if (name.startsWith(`${this.#run.prefix}.`)) await this.#log.deleteTopic(name)
    }
    await this.#log.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #topic(name: string): string {
    return `${this.#run.prefix}.${name}`
  }

  #spawn(address: string, data: string, number: number): ServerProcess {
    const { prefix, cable } = this.#run
    const behind = number === REPLICAS - 1 ? cable : undefined
    const flags = [
      ...['--kafka', behind?.bootstrap ?? this.#run.bootstrap, '--kafka-prefix', prefix],
      ...['--replica-name', `replica-${number}`, '--session-timeout-ms', String(SESSION_TIMEOUT_MS)],
    ]
    const start = behind?.namespace
    return ServerProcess.spawn(address, data, flags, start && ((...process) => start.spawn(...process)))
  }

  async #define(): Promise<void> {
    const [first] = this.#replicas
    await using client = await WeirClient.connect((first as Replica).address, { connectTimeoutMs: CONNECT_MS_MAX })
    await client.execute(`
      CREATE STREAM events (id BIGINT, k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '${DELAY_MS / 1_000}' SECOND)
      WITH (connector = 'kafka', topic = '${this.#topic('in')}', 'scan.startup.mode' = 'earliest',
        dead_letter_topic = '${this.#topic('dead')}')
      FORMAT PLAIN ENCODE JSON;
      CREATE SINK windows AS SELECT k, window_start, COUNT(*) AS n, SUM(id) AS ids
      FROM events GROUP BY k, TUMBLE(ts, INTERVAL '${WINDOW_MS / 1_000}' SECOND) EMIT FINAL
      WITH (connector = 'kafka', topic = '${this.#topic('out')}', 'checkpoint.interval' = '200 ms') FORMAT PLAIN ENCODE JSON;`)
  }

  /** Events in order, each partition too, until it is told to stop; then one more a partition, far in the future. */
  async #write(): Promise<void> {
    while (!this.#stopWriting.signal.aborted) {
      const first = this.#events
      await this.#append(first, first + EVENTS_PER_ROUND, (id) => id * STEP_MS)
      this.#events = first + EVENTS_PER_ROUND
      await pause(ROUND_MS)
    }
  }

  async #append(from: number, to: number, time: (id: number) => number): Promise<void> {
    const parts: { key: null; value: Uint8Array; timestamp: number }[][] = Array.from({ length: PARTITIONS }, () => [])
    for (let id = from; id < to; id++) {
      const value = Buffer.from(JSON.stringify({ id, k: id % GROUPS, ts: time(id) }))
      parts[id % PARTITIONS]?.push({ key: null, value, timestamp: time(id) })
    }
    await Promise.all(parts.map((records, partition) => this.#writeAll(partition, records)))
  }

  /** Until it is there: without an answer it may be there twice, and is expected twice then. */
  async #writeAll(partition: number, records: Parameters<KafkaLog['append']>[2]): Promise<void> {
    const giveUpMs = performance.now() + (this.#run.outageMs ?? OUTAGE_MS) + RECOVERY_MS_MAX
    for (;;) {
      try {
        await this.#log.append(this.#topic('in'), partition, records)
        return
      } catch (error) {
        if (performance.now() > giveUpMs) throw error
        await pause(POLL_MS)
      }
    }
  }

  /** Strikes a replica; resolves with the time until the output grows again. */
  async #strike(): Promise<number> {
    const number = this.#random.integer(0, REPLICAS - 1)
    const replica = this.#replicas[number] as Replica
    const before = await this.#outputEnd()
    const startMs = performance.now()
    if (this.#run.fault === 'pause' || this.#run.fault === 'cut') {
      const { cable } = this.#run
      await (cable === undefined ? replica.process.signal('SIGSTOP') : cable.namespace.cut())
      await pause(2 * SESSION_TIMEOUT_MS)
      const recovered = this.#growth(await this.#outputEnd())
      await (cable === undefined ? replica.process.signal('SIGCONT') : cable.namespace.heal())
      await recovered
      return Math.round(performance.now() - startMs - 2 * SESSION_TIMEOUT_MS)
    }
    if (this.#run.fault === 'broker' || this.#run.fault === 'outage') return this.#strikeBrokers()
    if (this.#run.fault === 'poison' || this.#run.fault === 'large') return this.#strikeInput(before)
    if (this.#run.fault === 'storm') await this.#storm()
    await replica.process.kill()
    if (this.#run.fault === 'wipe') rmSync(replica.data, { recursive: true, force: true })
    replica.process = this.#spawn(replica.address, replica.data, number)
    await this.#growth(before)
    return Math.round(performance.now() - startMs)
  }

  async #storm(): Promise<void> {
    for (let second = 0; second < STORM_SECONDS; second++) {
      const number = this.#random.integer(0, REPLICAS - 1)
      const replica = this.#replicas[number] as Replica
      await replica.process.kill()
      await pause(1_000)
      replica.process = this.#spawn(replica.address, replica.data, number)
    }
  }

  async #strikeInput(before: number): Promise<number> {
    const startMs = performance.now()
    const partition = this.#random.integer(0, PARTITIONS - 1)
    if (this.#run.fault === 'poison') {
      const bad = { key: null, value: Buffer.from('{"id": no number'), timestamp: 0 }
      await this.#writeAll(
        partition,
        Array.from({ length: POISON_RECORDS }, () => bad),
      )
      this.#poisoned += POISON_RECORDS
    } else {
      // Its time is that of its first neighbours, which have been written: it is early enough for its window.
      const id = Math.max(0, this.#events - EVENTS_PER_ROUND)
      const value = JSON.stringify({ id, k: id % GROUPS, ts: id * STEP_MS, pad: 'x'.repeat(LARGE_BYTES) })
      await this.#writeAll(partition, [{ key: null, value: Buffer.from(value), timestamp: 0 }])
    }
    await this.#growth(before)
    return Math.round(performance.now() - startMs)
  }

  /** The time counts from when the brokers that are enough to go on are there. */
  async #strikeBrokers(): Promise<number> {
    const { cluster, fault, outageMs = OUTAGE_MS } = this.#run
    if (cluster === undefined) throw new Error(`the fault ${fault} needs brokers of its own`)
    const ids = fault === 'outage' ? cluster.brokerIds : [1 + this.#random.integer(0, cluster.brokerIds.length - 1)]
    await Promise.all(ids.map((id) => cluster.stopBroker(id, 'SIGKILL')))
    let startMs = performance.now()
    if (fault === 'outage') {
      await pause(outageMs)
      await Promise.all(ids.map((id) => cluster.startBroker(id)))
      startMs = performance.now()
      await this.#growth(await this.#outputEnd())
    } else {
      await this.#growth(await this.#outputEnd())
      await Promise.all(ids.map((id) => cluster.startBroker(id)))
    }
    return Math.round(performance.now() - startMs)
  }

  async #outputEnd(): Promise<number> {
    const topic = await this.#log.topic(this.#topic('out')).catch(() => undefined)
    const offsets = topic?.offsets ?? []
    return offsets.reduce((sum, { end }) => sum + end, 0)
  }

  async #growth(before: number): Promise<void> {
    const giveUpMs = performance.now() + RECOVERY_MS_MAX
    while ((await this.#outputEnd()) <= before) {
      if (performance.now() > giveUpMs) throw new Error(this.#stuck())
      await pause(POLL_MS)
    }
  }

  #stuck(): string {
    const errors = this.#replicas.map(({ process }) => process.stderr.slice(-2_000)).join('\n')
    return `the output has not grown for ${RECOVERY_MS_MAX} ms\n${errors}`
  }

  /** Every event is in the one window of its group and time: none is missing, none is there twice. */
  async #verdict(): Promise<Omit<Verdict, 'recoveryMs'>> {
    const events = this.#events
    // One event of each partition in the far future closes all windows before it.
    await this.#append(events, events + PARTITIONS, (id) => (id + FUTURE) * STEP_MS)
    const expected = await this.#expected()
    const giveUpMs = performance.now() + RECOVERY_MS_MAX
    let found = await this.#output()
    while (found.size < expected.size && performance.now() < giveUpMs) {
      await pause(POLL_MS)
      found = await this.#output()
    }
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
    // Each bad record is among the dead letters, once.
    const dead = (await this.#records('dead', 1).catch(() => [])).length
    lost += Math.max(0, this.#poisoned - dead)
    doubled += Math.max(0, dead - this.#poisoned)
    return { events, lost, doubled }
  }

  /** What is in the input, counted without Weir. */
  async #expected(): Promise<Map<string, { n: number; ids: number }>> {
    const expected = new Map<string, { n: number; ids: number }>()
    for (const value of await this.#records('in', PARTITIONS)) {
      const text = value.toString()
      if (!text.endsWith('}')) continue
      const { id, k, ts } = JSON.parse(text) as Record<'id' | 'k' | 'ts', number>
      if (ts >= FUTURE * STEP_MS) continue
      const key = `${k} ${Math.floor(ts / WINDOW_MS)}`
      const window = expected.get(key) ?? { n: 0, ids: 0 }
      expected.set(key, { n: window.n + 1, ids: window.ids + id })
    }
    return expected
  }

  async #output(): Promise<Map<string, { n: number; ids: number }[]>> {
    const found = new Map<string, { n: number; ids: number }[]>()
    for (const value of await this.#records('out', OUTPUT_PARTITIONS)) {
      const { k, window_start, n, ids } = JSON.parse(value.toString())
      const key = `${k} ${Math.floor(Date.parse(`${window_start.replace(' ', 'T').replace(/Z?$/, 'Z')}`) / WINDOW_MS)}`
      found.set(key, [...(found.get(key) ?? []), { n: Number(n), ids: Number(ids) }])
    }
    return found
  }

  /** Values of all committed records of a topic. */
  async #records(topic: string, partitions: number): Promise<readonly Buffer[]> {
    const values: Buffer[] = []
    const connection = { bootstrapBrokers: this.#run.bootstrap.split(',') }
    for (let partition = 0; partition < partitions; partition++) {
      const reader = await PartitionReader.open(connection, this.#topic(topic), partition)
      const end = await reader.end()
      while (reader.position < end) {
        for (const { value } of await reader.read(POLL_MS)) values.push(Buffer.from(value ?? []))
      }
      await reader.close()
    }
    return values
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
