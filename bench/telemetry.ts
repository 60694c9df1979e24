// `node bench/telemetry.ts [--events N] [--rounds N] [--pairs N]`: what it costs that a server tells of itself. Two
// servers over one broker do the same work in turn: one tells nothing, the other has metrics that are read each second,
// and sends traces and metrics to a collector, with the settings that it has by itself. What is compared is the
// processor time of an event and the events a second, by the medians of the pairs, in rounds with new processes.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WeirClient } from '../clients/typescript/src/index.ts'
import { KafkaCluster } from '../scripts/kafka/kafka-cluster.ts'
import { KafkaLog } from '../src/adapters/kafka/kafka-log.ts'
import { must } from '../src/core/assert.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../test/e2e/server-process.ts'
import { OtlpCollector } from '../test/harness/otlp-collector.ts'
import { ORDERS, PARTITIONS, rounds as roundsOf } from './inputs.ts'
import { percentile } from './measure.ts'
import { QUERIES } from './queries.ts'
import { cpuOf } from './server.ts'

const SCRAPE_MS = 1_000
const SETTLE_MS = 5_000
const POLL_MS = 20
/** Until the processes have compiled what they need. */
const WARM_UPS = 2

interface Cost {
  readonly eventsPerSecond: number
  readonly cpuMicrosPerEvent: number
}

const SIDES = ['silent', 'telling'] as const
type SideName = (typeof SIDES)[number]
type Pair = Readonly<Record<SideName, Cost>>

interface Side {
  readonly server: ServerProcess
  readonly client: WeirClient
}

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '4' },
    pairs: { type: 'string', default: '5' },
  },
})
const [events, rounds, pairs] = [Number(values.events), Number(values.rounds), Number(values.pairs)]
const tumble = QUERIES.find(({ name }) => name === 'tumble')
const query = must(tumble, 'it is one of them')

buildServer()
const directory = temporaryDirectory()
await using cluster = await KafkaCluster.start({ tuning: 'load' })
await using collector = await OtlpCollector.open()
const log = new KafkaLog({ connection: { bootstrapBrokers: [cluster.bootstrap] }, replicationFactor: 1 })
const metrics = await freeAddress()
const scrape = setInterval(() => void fetch(`http://${metrics}/metrics`).then((page) => page.text(), String), SCRAPE_MS)
try {
  await fill()
  const costs: Pair[] = []
  for (let round = 0; round < rounds; round++) costs.push(...(await compare(round)))
  process.stdout.write(`${JSON.stringify(resultOf(costs))}\n`)
} finally {
  clearInterval(scrape)
  await log.close()
  removeBuild()
  rmSync(directory, { recursive: true, force: true })
}

/** Processes of its own: one and the same compiles the same code now better, now worse. */
async function compare(round: number): Promise<readonly Pair[]> {
  const order = round % 2 === 0 ? SIDES : SIDES.toReversed()
  const sides = new Map<SideName, Side>()
  try {
    for (const name of order) sides.set(name, await start(name, round))
    await pause(SETTLE_MS)
    const costs: Pair[] = []
    for (let run = 0; run < WARM_UPS + pairs; run++) {
      const pair: Partial<Record<SideName, Cost>> = {}
      // Who is first takes turns as well.
      for (const name of run % 2 === 0 ? order : order.toReversed()) {
        pair[name] = await measure(must(sides.get(name), 'it has been started'), `run${run}`)
      }
      process.stderr.write(`${run < WARM_UPS ? 'warm-up' : 'pair'} of round ${round}: ${JSON.stringify(pair)}\n`)
      if (run >= WARM_UPS) costs.push(pair as Pair)
    }
    return costs
  } finally {
    for (const { client, server } of sides.values()) {
      await client.close()
      await server.kill()
    }
  }
}

function resultOf(costs: readonly Pair[]): object {
  const compared = (of: (one: Cost) => number) => ({
    silent: round(
      percentile(
        costs.map(({ silent }) => of(silent)),
        0.5,
      ),
    ),
    telling: round(
      percentile(
        costs.map(({ telling }) => of(telling)),
        0.5,
      ),
    ),
    /** The median of what each pair says, and between what half of them lie. */
    changePercent: [0.25, 0.5, 0.75].map((fraction) =>
      round(
        percentile(
          costs.map(({ silent, telling }) => 100 * (of(telling) / of(silent) - 1)),
          fraction,
        ),
      ),
    ),
  })
  return {
    query: query.name,
    events,
    pairs: costs.length,
    cpuMicrosPerEvent: compared(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent),
    eventsPerSecond: compared(({ eventsPerSecond }) => eventsPerSecond),
    spans: collector.spans.length,
  }
}

async function fill(): Promise<void> {
  const spec = { partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined }
  await log.createTopic({ name: ORDERS.name, ...spec })
  const options = { events, keys: query.keys, eventsPerSecondOfEventTime: query.eventsPerSecondOfEventTime }
  for (const rows of roundsOf(ORDERS, options)) {
    await Promise.all(
      rows.map((rows, partition) => {
        const records = rows.map((row) => ({ key: null, value: Buffer.from(row), timestamp: 0 }))
        return records.length === 0 ? undefined : log.append(ORDERS.name, partition, records)
      }),
    )
  }
}

/** A deployment of its own over the broker. */
async function start(name: SideName, round: number): Promise<Side> {
  const own = `${name}-${round}`
  const server = ServerProcess.spawn(await freeAddress(), join(directory, own), [
    ...['--kafka', cluster.bootstrap, '--kafka-prefix', own, '--kafka-replication-factor', '1'],
    ...['--replica-name', own],
    ...(name === 'silent' ? [] : ['--metrics-listen', metrics, '--otlp-endpoint', collector.url]),
  ])
  const client = await WeirClient.connect(server.address, { connectTimeoutMs: 60_000 })
  await client.execute(`CREATE STREAM orders (${ORDERS.columns})
    WITH (connector = 'kafka', topic = '${ORDERS.name}', 'scan.startup.mode' = 'earliest') ${ORDERS.format};`)
  return { server, client }
}

/** Until all of it has been read and is in a checkpoint. */
async function measure({ server, client }: Side, run: string): Promise<Cost> {
  const cpuBefore = cpuOf(server.pid)
  const startMs = performance.now()
  await client.execute(`CREATE MATERIALIZED VIEW ${run} AS ${query.sql};`)
  for (;;) {
    const { rowsIn, lagRecords, error } = await client.describeQuery(run)
    if (error !== undefined) throw new Error(error)
    if (Number(rowsIn) >= events && Number(lagRecords ?? 1) === 0) break
    await pause(POLL_MS)
  }
  const seconds = (performance.now() - startMs) / 1_000
  const cpuSeconds = cpuOf(server.pid) - cpuBefore
  await client.execute(`DROP MATERIALIZED VIEW ${run};`)
  return {
    eventsPerSecond: Math.round(events / seconds),
    cpuMicrosPerEvent: round((cpuSeconds * 1e6) / events),
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
