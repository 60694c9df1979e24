// `weir demo`: orders as they come, and the count of each region moving while they do.

import { setTimeout as sleep } from 'node:timers/promises'
import type { WeirClient } from '../../../clients/typescript/src/index.ts'
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { printStatement } from '../output/print-statement.ts'
import { RemoteSession } from '../remote-session.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'
import { OrderGenerator } from './orders.ts'
import { CREATE_LIVE_STREAM, CREATE_LIVE_VIEW, LIVE_STREAM, LIVE_VIEW } from './queries.ts'

/** Orders are sent this often; short enough to look like a stream. */
const TICK_MS = 50

export async function runLive(client: WeirClient, rate: number, terminal: Terminal): Promise<ExitCode> {
  await client.execute(CREATE_LIVE_STREAM)
  await client.execute(CREATE_LIVE_VIEW)
  await writeTo(terminal.err, `${paint(introduction(client.address, rate), 'dim', terminal.colour.err)}\n\n`)
  using interrupt = onInterrupt()
  // When one of the two fails, the other must stop too.
  const failed = new AbortController()
  const signal = AbortSignal.any([interrupt.signal, failed.signal])
  const stopBoth = (error: unknown): never => {
    failed.abort()
    throw error
  }
  await Promise.all([
    writeOrders(client, rate, signal).catch(stopBoth),
    showCounts(client.address, terminal, signal).catch(stopBoth),
  ])
  return EXIT_CODES.ok
}

function introduction(address: string, rate: number): string {
  return [
    `A server runs at ${address} and gets ${rate.toLocaleString('en-US')} orders a second, a little out of order.`,
    CREATE_LIVE_VIEW,
    `Look around from another terminal: npx weir sql --server ${address}`,
    'Windows are 10 seconds here, so that they close while you look. Ctrl-C ends the demo.',
  ].join('\n')
}

async function writeOrders(client: WeirClient, rate: number, signal: AbortSignal): Promise<void> {
  const generator = new OrderGenerator(Date.now())
  const startedAt = Date.now()
  let sent = 0
  await using writer = client.ingest(LIVE_STREAM)
  while (!signal.aborted) {
    const now = Date.now()
    // By the clock and not by the tick: a late timer is made up for, so that the rate holds.
    const due = Math.floor(((now - startedAt) * rate) / 1000)
    for (; sent < due; sent++) await writer.write({ ...generator.next(now) })
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function showCounts(address: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const session = await RemoteSession.connect(address)
  try {
    for await (const result of session.execute(`SELECT * FROM ${LIVE_VIEW} EMIT CHANGES`, { signal })) {
      await printStatement(result, { terminal, format: 'table', signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await session.close()
  }
}
