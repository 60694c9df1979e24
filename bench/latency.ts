import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirClient } from '../clients/typescript/src/index.ts'
import { hardware, type Measurement, percentile, versions } from './measure.ts'
import { ORDERS_COLUMNS, order } from './orders.ts'
import { addressOf, cpuOf, peakRss, spawnServer } from './server.ts'

/**
 * From the call that ingests an event until a subscriber in another process has the change that it caused: gRPC in,
 * durable log, running aggregate, commit, result log, gRPC out. Load of 20,000 events a second; one event in a hundred
 * is a probe with a key of its own, so that each of them gives a change that can be told from all others.
 */
const EVENTS_PER_SECOND = 20_000
const TICK_MS = 5
const PROBE_EVERY = 100
const WARM_UP_EVENTS = 40_000

export async function measureLatency(events: number): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const server = spawnServer(directory)
  try {
    const client = await WeirClient.connect(await addressOf(server.stderr))
    await client.execute(`
      CREATE STREAM orders (${ORDERS_COLUMNS});
      SET 'checkpoint.interval' = '10 ms';
      CREATE MATERIALIZED VIEW per_region AS
        SELECT region, COUNT(*) AS orders, SUM(amount) AS revenue FROM orders GROUP BY region EMIT CHANGES;`)
    const start = performance.now()
    const latencies = await run(client, events)
    const seconds = (performance.now() - start) / 1000
    const rssBytesMax = peakRss(server.pid ?? 0)
    const cpuSeconds = cpuOf(server.pid ?? 0)
    const total = events + WARM_UP_EVENTS
    const { checkpointMsP95 } = await client.describeQuery('per_region')
    await client.close()
    return {
      query: 'latency',
      source: 'ingest',
      events: latencies.length * PROBE_EVERY,
      keys: latencies.length,
      eventsPerSecond: Math.round(total / seconds),
      // Of the server, start-up included.
      cpuSecondsPerMillion: Math.round((cpuSeconds / total) * 1e9) / 1000,
      rssBytesMax,
      latencyMsP95: Math.round(percentile(latencies, 0.95) * 10) / 10,
      checkpointMsP95,
      versions: versions(),
      hardware: hardware(),
    }
  } finally {
    server.kill('SIGTERM')
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Latencies of the probes after the warm-up, ms. */
async function run(client: WeirClient, events: number): Promise<number[]> {
  const sent = new Map<string, number>()
  const latencies: number[] = []
  const total = events + WARM_UP_EVENTS
  const probes = Math.floor(total / PROBE_EVERY)
  const subscription = client.subscribe<{ region: string }>('per_region', { snapshot: false })
  const received = (async () => {
    let seen = 0
    for await (const { row } of subscription) {
      const at = sent.get(row.region)
      if (at === undefined) continue
      sent.delete(row.region)
      if (++seen > WARM_UP_EVENTS / PROBE_EVERY) latencies.push(performance.now() - at)
      if (seen >= probes) return
    }
  })()
  const writer = client.ingest('orders')
  const options = { events: total, keys: 10_000, eventsPerSecondOfEventTime: EVENTS_PER_SECOND }
  const start = performance.now()
  for (let i = 0; i < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * EVENTS_PER_SECOND))
    for (; i < due; i++) {
      if (i % PROBE_EVERY !== 0) {
        await writer.write(order(i, options))
        continue
      }
      const region = `probe-${i}`
      sent.set(region, performance.now())
      await writer.write(
        `{"order_id":"p","user_id":1,"region":"${region}","status":"paid","amount":1.00,"ts":${Date.now()}}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await writer.close()
  await received
  return latencies
}
