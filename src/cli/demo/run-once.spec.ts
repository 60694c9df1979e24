import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { loadConfig } from '../../server/config/config.ts'
import { type RunningServer, startServer } from '../../server/start-server.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { DISORDER_MS_MAX, OrderGenerator } from './orders.ts'
import { differences, runOnce } from './run-once.ts'

describe('OrderGenerator', () => {
  it('gives the same orders for the same seed, and others for another', () => {
    const orders = (seed: number) => {
      const generator = new OrderGenerator(seed)
      return Array.from({ length: 50 }, (_, at) => generator.next(at * 100))
    }
    expect(orders(1)).toEqual(orders(1))
    expect(orders(1)).not.toEqual(orders(2))
  })

  it('is out of order, but never by more than the watermark allows', () => {
    const generator = new OrderGenerator(3)
    const ages = Array.from({ length: 2_000 }, () => 1e12 - Date.parse(generator.next(1e12).ts))
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...ages)).toBeLessThanOrEqual(DISORDER_MS_MAX)
    expect(Math.max(...ages)).toBeGreaterThan(DISORDER_MS_MAX / 2)
  })
})

describe('differences', () => {
  const window_start = new Date('2026-01-01T12:00:00Z')
  const count = (region: string, orders: bigint) => ({ region, window_start, orders, revenue: '0' })
  const expected = new Map([
    ['12:00:00 eu', 2],
    ['12:00:00 us', 1],
  ])

  it('finds nothing in what agrees', () => {
    expect(differences(expected, [count('eu', 2n), count('us', 1n)])).toEqual([])
  })

  it('finds a wrong count, a missing row, a row too many and a row that comes twice', () => {
    expect(differences(expected, [count('eu', 3n)])).toEqual([
      '12:00:00 eu: 2 orders sent, 3 counted',
      '12:00:00 us: 1 orders sent, no row',
    ])
    expect(differences(expected, [count('eu', 2n), count('us', 1n), count('none', 1n), count('eu', 2n)])).toEqual([
      '12:00:00 none: 0 orders sent, 1 counted',
      '12:00:00 eu: 0 orders sent, 2 counted',
    ])
  })
})

describe('runOnce', () => {
  let directory: string
  let server: RunningServer
  let client: WeirClient

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'weir-once-'))
    const flags = { listen: '127.0.0.1:0', dataDirectory: directory, logLevel: 'silent' }
    server = await startServer(loadConfig({ flags }))
    client = await WeirClient.connect(server.address)
  })

  afterAll(async () => {
    await client.close()
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('counts every order once, also when it runs again in the same directory', async () => {
    for (const rate of [5, 7]) {
      const out = new PassThrough()
      const err = new PassThrough()
      const terminal: Terminal = {
        in: new PassThrough(),
        out,
        err,
        interactive: false,
        showsProgress: false,
        colour: { out: false, err: false },
        size: () => undefined,
      }
      expect(await runOnce(client, rate, terminal)).toBe(EXIT_CODES.ok)
      expect(String(err.read())).toMatch(
        new RegExp(`^${(180 * rate).toLocaleString('en-US')} orders sent, .*: every order counted once\n$`),
      )
      const rows = String(out.read()).trim().split('\n').slice(2)
      const counted = rows.reduce((sum, row) => sum + Number(row.split('|')[2]), 0)
      expect(counted).toBe(180 * rate)
    }
  })
})
