import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { WeirClient } from '../clients/typescript/src/index.ts'
import { KafkaCluster } from '../scripts/kafka/kafka-cluster.ts'
import { KafkaLog } from '../src/adapters/kafka/kafka-log.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../test/e2e/server-process.ts'
import { type BenchInput, PARTITIONS, rounds } from './inputs.ts'
import { ACCOUNTS_OF } from './kafka-accounts.ts'
import { hardware, type Measurement, versions } from './measure.ts'
import { type OrdersOptions, order } from './orders.ts'
import { type BenchQuery, inputsOf } from './queries.ts'

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

/** Members settle within three seconds; only then is a query laid out over all of them. */
const SETTLE_MS = 5_000
const POLL_MS = 20
/** Of each server, shown when a run fails. */
const LOG_CHARACTERS_MAX = 4_000

export async function measureKafka(options: KafkaBenchOptions): Promise<KafkaMeasurement> {
  if (ACCOUNTS_OF[options.query.name] === undefined) {
    const known = Object.keys(ACCOUNTS_OF).join(', ')
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
      for (const input of this.#inputs) if (!this.#comesLater(input)) await this.#fill(input, input.name)
      await using client = await this.#start()
      progress('a first run, for broker and servers to have compiled what they need')
      await this.#measure(client, 'warmed')
      await client.execute(`DROP SINK warmed;`)
      for (const { kind, name } of this.#inputs) await client.execute(`DROP ${kind} ${name};`)
      return await this.#measure(client, 'measured')
    } catch (error) {
      for (const { stderr } of this.#servers) process.stderr.write(stderr.slice(-LOG_CHARACTERS_MAX))
      throw error
    } finally {
      for (const server of this.#servers) await server.kill()
      await this.#log.close()
      rmSync(this.#directory, { recursive: true, force: true })
    }
  }

  get #inputs(): readonly BenchInput[] {
    return inputsOf(this.#options.query)
  }

  /** Where there is a table to be read before the clock starts, what flows is written behind it, for each run anew. */
  #comesLater(input: BenchInput): boolean {
    return input.loaded !== true && this.#inputs.some(({ loaded }) => loaded === true)
  }

  #topicOf(input: BenchInput, run: string): string {
    return this.#comesLater(input) ? `${input.name}-${run}` : input.name
  }

  async #fill(input: BenchInput, topic: string): Promise<void> {
    await this.#createTopic(topic)
    const millions = input.rows(this.#orders) / 1e6
    progress(`writing ${millions} million ${input.name}`)
    for (const round of rounds(input, this.#orders)) await this.#append(topic, round)
    if (this.#inputs.length > 1) return
    // One order of each partition a year later closes all windows before it; its own stays open.
    const { ts } = JSON.parse(order(this.#orders.events, this.#orders)) as { readonly ts: number }
    const last = { order_id: 'last', user_id: -1, region: 'none', status: 'none', amount: 0, ts: ts + 366 * 86_400_000 }
    await this.#append(
      topic,
      Array.from({ length: PARTITIONS }, () => [JSON.stringify(last)]),
    )
  }

  async #createTopic(name: string): Promise<void> {
    const spec = { name, partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined }
    await this.#log.createTopic(spec)
  }

  async #append(topic: string, partitions: readonly (readonly string[])[]): Promise<void> {
    const appends = partitions.map((rows, partition) => {
      const records = rows.map((row) => ({ key: null, value: Buffer.from(row), timestamp: 0 }))
      return records.length === 0 ? undefined : this.#log.append(topic, partition, records)
    })
    await Promise.all(appends)
  }

  async #start(): Promise<WeirClient> {
    const { replicas, threads } = this.#options
    progress(`starting ${replicas} ${replicas === 1 ? 'server' : 'servers'}`)
    for (let i = 0; i < replicas; i++) {
      const server = ServerProcess.spawn(await freeAddress(), join(this.#directory, `replica-${i}`), [
        ...['--kafka', this.#cluster.bootstrap, '--kafka-replication-factor', '1'],
        ...['--replica-name', `replica-${i}`, ...(threads === 0 ? [] : ['--threads', String(threads)])],
      ])
      this.#servers.push(server)
    }
    const client = await WeirClient.connect(this.#servers[0]?.address ?? '')
    await pause(SETTLE_MS)
    return client
  }

  async #declare(client: WeirClient, run: string): Promise<void> {
    for (const input of this.#inputs) {
      const topic = this.#topicOf(input, run)
      if (this.#comesLater(input)) await this.#createTopic(topic)
      const startup = input.kind === 'TABLE' ? '' : ", 'scan.startup.mode' = 'earliest'"
      await client.execute(`CREATE ${input.kind} ${input.name} (${input.columns})
        WITH (connector = 'kafka', topic = '${topic}'${startup}) ${input.format};`)
    }
  }

  async #measure(client: WeirClient, run: string): Promise<KafkaMeasurement> {
    const { query, events, replicas, threads } = this.#options
    await this.#createTopic(run)
    await this.#declare(client, run)
    const format = query.changes === true ? 'FORMAT UPSERT ENCODE JSON' : 'FORMAT PLAIN ENCODE JSON'
    const sink = `CREATE SINK ${run} AS ${query.sql} WITH (connector = 'kafka', topic = '${run}') ${format};`
    const later = this.#inputs.filter((input) => this.#comesLater(input))
    if (later.length > 0) {
      await client.execute(sink)
      await this.#untilTableIsRead(client, run)
      await client.execute(`PAUSE QUERY ${run};`)
      for (const input of later) await this.#fill(input, this.#topicOf(input, run))
    }
    progress(`${query.name} over ${events / 1e6} million events`)
    const broker = this.#cluster.pidOf(this.#cluster.brokerIds[0] ?? 1)
    const pids = this.#servers.map(({ pid }) => pid)
    const before = { servers: pids.map(cpuSeconds), broker: cpuSeconds(broker) }
    const start = performance.now()
    await client.execute(later.length > 0 ? `RESUME QUERY ${run};` : sink)
    await this.#untilComplete(client, run)
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
      checkpointMsP95: rounded((await client.describeQuery(run)).checkpointMsP95),
      versions: { ...versions(), kafka: this.#cluster.version },
      hardware: hardware(),
    }
  }

  async #untilTableIsRead(client: WeirClient, run: string): Promise<void> {
    const rows = this.#inputs.reduce((sum, input) => sum + (input.loaded === true ? input.rows(this.#orders) : 0), 0)
    progress(`reading the table first: ${rows / 1e6} million rows`)
    for (;;) {
      const { rowsIn, lagRecords, error } = await client.describeQuery(run)
      if (error !== undefined) throw new Error(error)
      if (Number(rowsIn) >= rows && Number(lagRecords ?? 1) === 0) return
      await pause(POLL_MS)
    }
  }

  /** Reads the topic of the output until all of it is there. */
  async #untilComplete(client: WeirClient, sink: string): Promise<void> {
    const account = (ACCOUNTS_OF[this.#options.query.name] as (typeof ACCOUNTS_OF)[string])(this.#orders)
    const reader = await this.#log.openReader(sink)
    const positions = new Map(reader.partitions.map((partition) => [partition, 0]))
    while (!account.complete) {
      let found = false
      for (const [partition, position] of positions) {
        const chunk = await reader.read(partition, position, 10_000, Date.now())
        if (chunk === undefined) continue
        found = true
        positions.set(partition, chunk.nextOffset)
        account.accept(chunk)
      }
      if (account.error !== undefined) throw new Error(account.error)
      if (found) continue
      await pause(POLL_MS)
      const { error } = await client.describeQuery(sink)
      if (error !== undefined) throw new Error(error)
    }
    await reader.close()
  }
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
