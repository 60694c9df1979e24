// The server is killed with -9, again and again, while a producer writes and subscribers read. All carry on by
// themselves; ledgers say whether a row was lost or came twice, and whether results are those of the input.

import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { Random } from '../harness/random.ts'
import {
  clicks,
  DISORDER_MS,
  expectedSessions,
  expectedTotals,
  expectedWindows,
  GAP_MS,
  LAST,
  type ResultLine,
  WINDOW_MS,
  windowLine,
} from './crash-workload.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from './server-process.ts'

const RECORDS = 6_000
const KILLS = 4
const FAST_RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 }

beforeAll(buildServer, 120_000)
afterAll(removeBuild)

/** Why the reader stopped: not an error of its own. */
const LEFT = new Error('left')

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('kill -9', () => {
  it('loses no row and doubles none, from the producer to the subscriber', async () => {
    const directory = temporaryDirectory()
    const address = await freeAddress()
    let server = ServerProcess.spawn(address, directory)
    await using client = await WeirClient.connect(address, { connectTimeoutMs: 20_000, channelOptions: FAST_RECONNECT })
    await client.execute(`
      CREATE STREAM events (id BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts)
        WITH (connector = 'embedded') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW kept AS SELECT id, id * 2 AS double_id FROM events WHERE id >= 0;`)

    const ledger = new Map<bigint, number>()
    const leave = new AbortController()
    let reconnects = 0
    const reading = (async () => {
      const options = { signal: leave.signal, onReconnect: () => (reconnects += 1) }
      for await (const { row } of client.subscribe('kept', options)) {
        const id = row['id'] as bigint
        expect(row['double_id']).toBe(id * 2n)
        ledger.set(id, (ledger.get(id) ?? 0) + 1)
      }
    })()
    const ended = reading.then(
      () => new Error('the subscription ended'),
      (error: unknown) => error,
    )

    const writing = (async () => {
      await using writer = client.ingest('events', { batchRecordsMax: 20 })
      for (let id = 0; id < RECORDS; id++) {
        await writer.write({ id, ts: new Date(1_767_225_600_000 + id).toISOString() })
        if (id % 20 === 0) await pause(5)
      }
      await writer.flush()
      return writer.appended + writer.duplicates
    })()

    for (let kill = 0; kill < KILLS; kill++) {
      await pause(150 + kill * 130)
      await server.kill()
      server = ServerProcess.spawn(address, directory)
      await pause(700)
    }
    try {
      expect(await writing).toBe(RECORDS)
      const endMs = Date.now() + 30_000
      while (ledger.size < RECORDS && Date.now() < endMs) await pause(20)
      // A moment more: a double would come now.
      await pause(500)
      leave.abort(LEFT)
      expect(await ended).toBe(LEFT)
      expect(ledger.size).toBe(RECORDS)
      expect([...ledger].filter(([, times]) => times !== 1)).toEqual([])
      expect(reconnects).toBeGreaterThan(0)
    } finally {
      leave.abort()
      await server.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  }, 120_000)

  it('changes no result of windows, sessions and groups, and tells each final row once', async () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`kills and input of seed ${seed}: SEED=${seed} vitest run test/e2e/crash.spec.ts`)
    const random = new Random(seed)
    const input = clicks(CLICKS, seed)
    const directory = temporaryDirectory()
    const address = await freeAddress()
    let server = ServerProcess.spawn(address, directory)
    await using client = await WeirClient.connect(address, { connectTimeoutMs: 20_000, channelOptions: FAST_RECONNECT })
    await client.execute(AGGREGATES)

    const windows = new Ledger()
    const sessions = new Ledger()
    const totals = new Map<string, string>()
    const counts = new Map<string, bigint>()
    const leave = new AbortController()
    const options = { signal: leave.signal }
    const readers = [
      readFinal(client, 'windows', windows, options),
      readFinal(client, 'sessions', sessions, options),
      (async () => {
        for await (const { kind, row } of client.subscribe('totals', options)) {
          const k = String(row['k'])
          const n = row['n'] as bigint
          expect(['+I', '+U']).toContain(kind)
          // A state that was told already, or an older one, would be a change told twice.
          expect(n).toBeGreaterThan(counts.get(k) ?? 0n)
          counts.set(k, n)
          totals.set(k, `n=${n} total=${row['total']}`)
        }
      })(),
    ].map((reading) => reading.then(() => new Error('the subscription ended')).catch((error: unknown) => error))

    const writing = (async () => {
      await using writer = client.ingest('clicks', { batchRecordsMax: 10 })
      for (const { id, k, v, tsMs } of [...input, LAST]) {
        await writer.write({ id, k, v, ts: new Date(tsMs).toISOString() })
        if (id % 10 === 0) await pause(7)
      }
      await writer.flush()
      return writer.appended + writer.duplicates
    })()

    // At any moment: while it starts, while it recovers, while it commits.
    for (let kill = 0; kill < RANDOM_KILLS; kill++) {
      await pause(random.integer(300, 1_600))
      await server.kill()
      server = ServerProcess.spawn(address, directory)
    }
    try {
      expect(await writing).toBe(CLICKS + 1)
      const expected = { windows: expectedWindows(input).sort(), sessions: expectedSessions(input).sort() }
      const all = expectedTotals(input)
      const endMs = Date.now() + 15_000
      const isComplete = () =>
        windows.size >= expected.windows.length &&
        sessions.size >= expected.sessions.length &&
        [...all].every(([k, line]) => totals.get(k) === line)
      while (!isComplete() && Date.now() < endMs) await pause(20)
      // A moment more: a double would come now.
      await pause(500)
      leave.abort(LEFT)
      expect(await Promise.all(readers)).toEqual([LEFT, LEFT, LEFT])
      expect(windows.lines()).toEqual(expected.windows)
      expect(sessions.lines()).toEqual(expected.sessions)
      totals.delete(LAST.k)
      expect(totals).toEqual(all)
      // What the views hold is what was told.
      expect(await linesOfView(client, 'windows')).toEqual(expected.windows)
      expect(await linesOfView(client, 'sessions')).toEqual(expected.sessions)
    } finally {
      leave.abort()
      await server.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  }, 60_000)
})

const CLICKS = 6_000
const RANDOM_KILLS = 6

const AGGREGATES = `
  CREATE STREAM clicks (id BIGINT, k STRING, v BIGINT, ts TIMESTAMP,
    WATERMARK FOR ts AS ts - INTERVAL '${DISORDER_MS}' MILLISECOND EMIT ON EVENT);
  CREATE MATERIALIZED VIEW windows WITH ('checkpoint.interval' = '100 ms') AS
    SELECT k, window_start, window_end, COUNT(*) AS n, SUM(v) AS total FROM clicks
    GROUP BY k, TUMBLE(ts, INTERVAL '${WINDOW_MS}' MILLISECOND) EMIT FINAL;
  CREATE MATERIALIZED VIEW sessions WITH ('checkpoint.interval' = '100 ms') AS
    SELECT k, window_start, window_end, COUNT(*) AS n, SUM(v) AS total FROM clicks
    GROUP BY k, SESSION(ts, INTERVAL '${GAP_MS}' MILLISECOND) EMIT FINAL;
  CREATE MATERIALIZED VIEW totals WITH ('checkpoint.interval' = '100 ms') AS
    SELECT k, COUNT(*) AS n, SUM(v) AS total FROM clicks GROUP BY k EMIT CHANGES;`

/** What was told, and how often. */
class Ledger {
  readonly #times = new Map<ResultLine, number>()

  add(line: ResultLine): void {
    this.#times.set(line, (this.#times.get(line) ?? 0) + 1)
  }

  get size(): number {
    return this.#times.size
  }

  /** Sorted; one that was told twice is there twice. */
  lines(): ResultLine[] {
    return [...this.#times].flatMap(([line, times]) => new Array<ResultLine>(times).fill(line)).sort()
  }
}

async function readFinal(
  client: WeirClient,
  view: string,
  ledger: Ledger,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  for await (const { kind, row } of client.subscribe(view, options)) {
    expect(kind).toBe('+I')
    ledger.add(lineOf(row))
  }
}

async function linesOfView(client: WeirClient, view: string): Promise<ResultLine[]> {
  const lines: ResultLine[] = []
  for await (const row of client.query(`SELECT * FROM ${view}`)) lines.push(lineOf(row))
  return lines.sort()
}

function lineOf(row: Readonly<Record<string, unknown>>): ResultLine {
  const [start, end] = [row['window_start'] as Date, row['window_end'] as Date]
  return windowLine(row['k'], start.getTime(), end.getTime(), row['n'], row['total'])
}
