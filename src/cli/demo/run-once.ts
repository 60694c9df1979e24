// `weir demo --once`: a few minutes of orders as fast as they can be written, and a check of the result: each window
// of each region is counted here as well, and both must agree.

import type { WeirClient } from '../../../clients/typescript/src/index.ts'
import { AppError } from '../../core/errors.ts'
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { durationText } from '../output/print-results.ts'
import { renderTable, type TableColumn } from '../render-table.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'
import { DISORDER_MS_MAX, OrderGenerator } from './orders.ts'
import { CREATE_FINAL_STREAM, CREATE_FINAL_VIEW, FINAL_STREAM, FINAL_VIEW, FINAL_WINDOW_MS } from './queries.ts'

/** Event time that passes; its windows are all that is printed. */
const SPAN_MS = 3 * FINAL_WINDOW_MS
const STARTS_AT_MS = Date.UTC(2026, 0, 1, 12)
const SEED = 7
/** The whole run takes seconds; what takes longer is broken. */
const TIMEOUT_MS = 60_000

/** One window of one region, as the view shows it. */
interface Count {
  readonly region: string
  readonly window_start: Date
  readonly orders: bigint
  readonly revenue: string
}

export async function runOnce(client: WeirClient, rate: number, terminal: Terminal): Promise<ExitCode> {
  const startedAt = performance.now()
  await client.execute(CREATE_FINAL_STREAM)
  await client.execute(CREATE_FINAL_VIEW)
  const expected = await writeOrders(client, rate)
  const sent = [...expected.values()].reduce((sum, count) => sum + count, 0)
  const counts = await readCounts(client, sent)
  const rows = counts
    .map(({ region, window_start, orders, revenue }) => [clock(window_start), region, String(orders), revenue])
    .sort((a, b) => (a.join() < b.join() ? -1 : 1))
  await writeTo(terminal.out, `${renderTable(COLUMNS, rows, terminal.size()?.columns)}\n`)
  const wrong = differences(expected, counts)
  for (const text of wrong) terminal.err.write(`${paint('error', 'red', terminal.colour.err)}: ${text}\n`)
  const verdict = wrong.length === 0 ? 'every order counted once' : 'the counts do not agree with what was sent'
  const elapsed = durationText(performance.now() - startedAt)
  await writeTo(terminal.err, `${sent.toLocaleString('en-US')} orders sent, ${elapsed}: ${verdict}\n`)
  return wrong.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failure
}

const COLUMNS: readonly TableColumn[] = [
  { name: 'window_start', align: 'left' },
  { name: 'region', align: 'left' },
  { name: 'orders', align: 'right' },
  { name: 'revenue', align: 'right' },
]

/** Sends the orders and gives how many there are of each window and region. */
async function writeOrders(client: WeirClient, rate: number): Promise<ReadonlyMap<string, number>> {
  const generator = new OrderGenerator(SEED)
  const expected = new Map<string, number>()
  const orders = Math.round((rate * SPAN_MS) / 1000)
  await using writer = client.ingest(FINAL_STREAM)
  for (let n = 0; n < orders; n++) {
    // The first order may be as old as the disorder allows and must still belong to the first window.
    const order = generator.next(STARTS_AT_MS + DISORDER_MS_MAX + (n / orders) * (SPAN_MS - DISORDER_MS_MAX))
    const key = keyOf(order.region, new Date(order.ts))
    expected.set(key, (expected.get(key) ?? 0) + 1)
    await writer.write({ ...order })
  }
  // A stream has no end. What closes its last windows is an event from after them; its own window stays open.
  const after = new Date(STARTS_AT_MS + SPAN_MS + DISORDER_MS_MAX)
  await writer.write({ order_id: 'o-after', region: 'none', amount: '0.00', ts: after.toISOString() })
  await writer.flush()
  return expected
}

/** Rows of the view, until they hold as many orders as were sent or event time has passed all windows. */
async function readCounts(client: WeirClient, sent: number): Promise<readonly Count[]> {
  const counts: Count[] = []
  let counted = 0
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    for await (const event of client.subscribe<Count>(FINAL_VIEW, { signal }).events()) {
      if (event.kind === 'watermark' && (event.time?.getTime() ?? Number.POSITIVE_INFINITY) >= STARTS_AT_MS + SPAN_MS) {
        break
      }
      if (event.kind !== 'changes') continue
      for (const { row } of event.changes) {
        counts.push(row)
        counted += Number(row.orders)
      }
      if (counted >= sent) break
    }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new AppError('INTERNAL', `${counted} of ${sent} orders were counted in ${durationText(TIMEOUT_MS)}`)
  }
  return counts
}

/** Windows of regions where what was sent and what was counted do not agree. */
export function differences(expected: ReadonlyMap<string, number>, counts: readonly Count[]): readonly string[] {
  const left = new Map(expected)
  const wrong: string[] = []
  for (const { region, window_start, orders } of counts) {
    const key = keyOf(region, window_start)
    const sent = left.get(key)
    left.delete(key)
    if (sent !== Number(orders)) wrong.push(`${key}: ${sent ?? 0} orders sent, ${orders} counted`)
  }
  for (const [key, sent] of left) wrong.push(`${key}: ${sent} orders sent, no row`)
  return wrong
}

function keyOf(region: string, time: Date): string {
  const start = Math.floor(time.getTime() / FINAL_WINDOW_MS) * FINAL_WINDOW_MS
  return `${clock(new Date(start))} ${region}`
}

function clock(time: Date): string {
  return time.toISOString().slice(11, 19)
}
