import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { WeirClient } from '../clients/typescript/src/index.ts'
import { KafkaCluster } from '../scripts/kafka/kafka-cluster.ts'
import { KafkaLog } from '../src/adapters/kafka/kafka-log.ts'
import type { RecordChunk } from '../src/engine/ports/log.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../test/e2e/server-process.ts'
import { hardware, type Measurement, versions } from './measure.ts'
import { ORDERS_COLUMNS, type OrdersOptions, order } from './orders.ts'
import type { BenchQuery } from './queries.ts'

/**
 * A query from Kafka to Kafka, exactly once, by server processes that share its partitions, with a broker on the same
 * machine. The clock starts when the sink is created and stops when a reader of committed records has seen all of the
 * output: it counts every order in it, so a figure of a run that lost or doubled one is no figure.
 */
export interface KafkaBenchOptions {
  readonly query: BenchQuery
  readonly events: number
  /** Server processes. */
  readonly replicas: number
  /** Of each process; 0 as many as there are cores. */
  readonly threads: number
}

export interface KafkaMeasurement extends Measurement {
  readonly replicas: number
  readonly threads: number
  readonly brokerCpuSecondsPerMillion: number
}

const PARTITIONS = 4
const APPEND_RECORDS = 5_000
/** Members settle within three seconds; only then is a query laid out over all of them. */
const SETTLE_MS = 5_000
const POLL_MS = 20

/** How many orders an output row stands for, and how many there are in all. */
interface Account {
  readonly weigh: (row: Readonly<Record<string, unknown>>) => number
  readonly total: (orders: OrdersOptions) => number
}

const WINDOWS: Account = { weigh: ({ orders }) => Number(orders), total: ({ events }) => events }

const ACCOUNTS: Readonly<Record<string, Account>> = {
  tumble: WINDOWS,
  session: WINDOWS,
  'session-short': WINDOWS,
  // Each order is in five windows.
  hop: { ...WINDOWS, total: ({ events }) => 5 * events },
  filter: { weigh: () => 1, total: (orders) => countMatching(orders) },
}

export async function measureKafka(options: KafkaBenchOptions): Promise<KafkaMeasurement> {
  if (ACCOUNTS[options.query.name] === undefined) {
    const known = Object.keys(ACCOUNTS).join(', ')
    throw new Error(`query "${options.query.name}" has no counted output over Kafka; ${known} have`)
  }
  progress('building the server')
  buildServer()
  const cluster = await KafkaCluster.start({ tuning: 'load', onProgress: progress })
  try {
    return await new KafkaBench(options, cluster).run()
  } finally {
    await cluster.close()
    removeBuild()
  }
}

class KafkaBench {
  readonly #options: KafkaBenchOptions
  readonly #orders: OrdersOptions
  readonly #cluster: KafkaCluster
  readonly #log: KafkaLog
  readonly #directory = temporaryDirectory()
  readonly #servers: ServerProcess[] = []

  constructor(options: KafkaBenchOptions, cluster: KafkaCluster) {
    const { keys, eventsPerSecondOfEventTime } = options.query
    this.#options = options
    this.#orders = { events: options.events, keys, eventsPerSecondOfEventTime }
    this.#cluster = cluster
    this.#log = new KafkaLog({ connection: { bootstrapBrokers: [cluster.bootstrap] }, replicationFactor: 1 })
  }

  async run(): Promise<KafkaMeasurement> {
    try {
      await this.#fill()
      progress('a first run, for the broker to have compiled what it needs')
      await this.#withServers('warm', (client) => this.#query(client, 'warmed'))
      return await this.#withServers('measured', (client) => this.#measure(client))
    } finally {
      await this.#log.close()
      rmSync(this.#directory, { recursive: true, force: true })
    }
  }

  async #fill(): Promise<void> {
    const spec = { partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined }
    await this.#log.createTopic({ name: 'orders', ...spec })
    for (const name of ['warmed', 'measured']) await this.#log.createTopic({ name, ...spec })
    const { events } = this.#orders
    for (let first = 0; first < events; first += APPEND_RECORDS * PARTITIONS) {
      if (first % 1_000_000 === 0) progress(`writing orders: ${first / 1e6} of ${events / 1e6} million`)
      await this.#append((partition) => {
        const from = first + partition * APPEND_RECORDS
        const count = Math.max(0, Math.min(APPEND_RECORDS, events - from))
        return Array.from({ length: count }, (_, i) => order(from + i, this.#orders))
      })
    }
    // One order of each partition a year later closes all windows before it; its own stays open.
    const { ts } = JSON.parse(order(events, this.#orders)) as { readonly ts: number }
    const last = { order_id: 'last', user_id: -1, region: 'none', status: 'none', amount: 0, ts: ts + 366 * 86_400_000 }
    await this.#append(() => [JSON.stringify(last)])
  }

  async #append(textsOf: (partition: number) => readonly string[]): Promise<void> {
    const appends = Array.from({ length: PARTITIONS }, (_, partition) => {
      const records = textsOf(partition).map((text) => ({ key: null, value: Buffer.from(text), timestamp: 0 }))
      return records.length === 0 ? undefined : this.#log.append('orders', partition, records)
    })
    await Promise.all(appends)
  }

  /** Servers of a deployment of their own, which is gone afterwards. */
  async #withServers<T>(prefix: string, run: (client: WeirClient) => Promise<T>): Promise<T> {
    try {
      await using client = await this.#start(prefix)
      return await run(client)
    } finally {
      for (const server of this.#servers.splice(0)) await server.kill()
    }
  }

  async #start(prefix: string): Promise<WeirClient> {
    const { replicas, threads } = this.#options
    progress(`starting ${replicas} ${replicas === 1 ? 'server' : 'servers'}`)
    for (let i = 0; i < replicas; i++) {
      const server = ServerProcess.spawn(await freeAddress(), join(this.#directory, `${prefix}-${i}`), [
        ...['--kafka', this.#cluster.bootstrap, '--kafka-prefix', prefix, '--kafka-replication-factor', '1'],
        ...['--replica-name', `replica-${i}`, ...(threads === 0 ? [] : ['--threads', String(threads)])],
      ])
      this.#servers.push(server)
    }
    const client = await WeirClient.connect(this.#servers[0]?.address ?? '')
    await client.execute(`CREATE STREAM orders (${ORDERS_COLUMNS})
      WITH (connector = 'kafka', topic = 'orders', 'scan.startup.mode' = 'earliest') FORMAT PLAIN ENCODE JSON;`)
    await pause(SETTLE_MS)
    return client
  }

  async #measure(client: WeirClient): Promise<KafkaMeasurement> {
    const { query, events, replicas, threads } = this.#options
    progress(`${query.name} over ${events / 1e6} million orders`)
    const broker = this.#cluster.pidOf(this.#cluster.brokerIds[0] ?? 1)
    const pids = this.#servers.map(({ pid }) => pid)
    const before = { servers: pids.map(cpuSeconds), broker: cpuSeconds(broker) }
    const start = performance.now()
    await this.#query(client, 'measured')
    const seconds = (performance.now() - start) / 1000
    const servers = pids.reduce((sum, pid, i) => sum + cpuSeconds(pid) - (before.servers[i] ?? 0), 0)
    const millions = events / 1e6
    return {
      query: query.name,
      source: 'kafka',
      events,
      keys: query.keys,
      replicas,
      threads,
      eventsPerSecond: Math.round(events / seconds),
      cpuSecondsPerMillion: rounded(servers / millions),
      brokerCpuSecondsPerMillion: rounded((cpuSeconds(broker) - before.broker) / millions),
      rssBytesMax: pids.reduce((sum, pid) => sum + peakRss(pid), 0),
      latencyMsP95: null,
      checkpointMsP95: rounded((await client.describeQuery('measured')).checkpointMsP95),
      versions: { ...versions(), kafka: this.#cluster.version },
      hardware: hardware(),
    }
  }

  /** Runs it into a topic of its own, until all of the output is there. */
  async #query(client: WeirClient, sink: string): Promise<void> {
    await client.execute(`CREATE SINK ${sink} AS ${this.#options.query.sql}
      WITH (connector = 'kafka', topic = '${sink}') FORMAT PLAIN ENCODE JSON;`)
    const { weigh, total } = ACCOUNTS[this.#options.query.name] as Account
    const expected = total(this.#orders)
    const reader = await this.#log.openReader(sink)
    const positions = new Map(reader.partitions.map((partition) => [partition, 0]))
    let seen = 0
    while (seen < expected) {
      let found = false
      for (const [partition, position] of positions) {
        const chunk = await reader.read(partition, position, 10_000, Date.now())
        if (chunk === undefined) continue
        found = true
        positions.set(partition, chunk.nextOffset)
        for (const row of rowsOf(chunk)) seen += weigh(row)
      }
      if (found) continue
      await pause(POLL_MS)
      const { error } = await client.describeQuery(sink)
      if (error !== undefined) throw new Error(error)
    }
    await reader.close()
    if (seen !== expected) throw new Error(`the output counts ${seen} orders, and there are ${expected}`)
  }
}

function* rowsOf({ count, data, valueStart, valueEnd }: RecordChunk): Generator<Readonly<Record<string, unknown>>> {
  for (let i = 0; i < count; i++) {
    yield JSON.parse(Buffer.from(data.subarray(valueStart[i], valueEnd[i])).toString())
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

/** Processor time of a process so far, from Linux: user and system, in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Linux keeps the peak of a process. */
function peakRss(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}
