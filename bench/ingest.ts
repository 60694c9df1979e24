import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirClient } from '../clients/typescript/src/index.ts'
import { hardware, type Measurement, versions } from './measure.ts'
import { ORDERS_COLUMNS, order } from './orders.ts'
import { addressOf, cpuOf, peakRss, spawnServer } from './server.ts'

/**
 * One TypeScript client that writes orders as fast as the server acknowledges them: from the first `write` until `flush`
 * says that all are durable. Every order is counted afterwards. The server is another process on the same machine.
 */
const WARM_UP_EVENTS = 100_000
const COUNT_POLL_MS = 50

export async function measureIngest(events: number): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const server = spawnServer(directory)
  try {
    const client = await WeirClient.connect(await addressOf(server.stderr))
    await client.execute(`CREATE STREAM orders (${ORDERS_COLUMNS})`)
    const options = { events: events + WARM_UP_EVENTS, keys: 10_000, eventsPerSecondOfEventTime: 100_000 }
    const writer = client.ingest('orders')
    for (let i = 0; i < WARM_UP_EVENTS; i++) await writer.write(order(i, options))
    await writer.flush()
    // Made before the clock starts: what is measured is the way to the log.
    const values = Array.from({ length: events }, (_, i) => order(WARM_UP_EVENTS + i, options))
    const cpuStart = cpuOf(server.pid ?? 0)
    const start = performance.now()
    for (const value of values) await writer.write(value)
    await writer.flush()
    const seconds = (performance.now() - start) / 1000
    const cpuSeconds = cpuOf(server.pid ?? 0) - cpuStart
    const rssBytesMax = peakRss(server.pid ?? 0)
    await writer.close()
    await countAll(client, options.events)
    await client.close()
    return {
      query: 'ingest',
      source: 'ingest',
      events,
      keys: options.keys,
      eventsPerSecond: Math.round(events / seconds),
      // Of the server.
      cpuSecondsPerMillion: Math.round((cpuSeconds / events) * 1e9) / 1000,
      rssBytesMax,
      latencyMsP95: null,
      checkpointMsP95: 0,
      versions: versions(),
      hardware: hardware(),
    }
  } finally {
    server.kill('SIGTERM')
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A run that lost or doubled an order fails. */
async function countAll(client: WeirClient, expected: number): Promise<void> {
  await client.execute(`CREATE MATERIALIZED VIEW counted AS SELECT status, COUNT(*) AS n FROM orders GROUP BY status`)
  for (;;) {
    const { lagRecords, error } = await client.describeQuery('counted')
    if (error !== undefined) throw new Error(error)
    if (lagRecords === 0n) break
    await new Promise((resolve) => setTimeout(resolve, COUNT_POLL_MS))
  }
  let counted = 0n
  for await (const { n } of client.query<{ n: bigint }>('SELECT n FROM counted')) counted += n
  if (counted !== BigInt(expected)) throw new Error(`${expected} orders were written and ${counted} are there`)
}
