// examples/live-order-counts/dashboard.ts in a real browser, over a real server.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { loadConfig } from '../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { HAS_CHROMIUM, launchChromium, withChromium } from '../harness/chromium.ts'
import { ExampleProgram } from '../harness/example-program.ts'
import { freeAddress } from './server-process.ts'

const SQL = readFileSync(join(import.meta.dirname, '../../examples/live-order-counts/server.sql'), 'utf8')
const PATIENCE = { timeout: 40_000 }

describe.skipIf(!HAS_CHROMIUM)(withChromium('the dashboard'), () => {
  let browser: Browser
  let directory: string
  let address: string
  let server: RunningServer
  let dashboard: ExampleProgram
  let url: string
  let page: Page

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'weir-dashboard-'))
    address = await freeAddress()
    await serve()
    await execute(SQL)
    url = `http://${await freeAddress()}/`
    await startDashboard()
    page = await browser.newPage()
  })

  afterEach(async () => {
    await page?.close()
    await dashboard?.end('SIGKILL')
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function serve(): Promise<void> {
    const flags = { listen: address, dataDirectory: directory, logLevel: 'silent' }
    server = await startServer(loadConfig({ flags }))
  }

  async function execute(sql: string): Promise<void> {
    await using client = await WeirClient.connect(address)
    await client.execute(sql)
  }

  async function startDashboard(): Promise<void> {
    dashboard = ExampleProgram.start('live-order-counts/dashboard.ts', [new URL(url).port, address])
    await expect.poll(() => dashboard.output, PATIENCE).toContain('dashboard at')
  }

  const state = () => page.textContent('#state')
  /** Of all that is on the page. */
  const orders = async () => {
    const cells = await page.$$eval('tbody td', (all) => all.map((cell) => cell.firstChild?.textContent ?? ''))
    return cells.reduce((sum, text) => sum + Number(text), 0)
  }
  /** Orders and revenue of a region, in the minute that its orders are of. */
  const cellOf = async (region: string) => {
    const at = (await page.$$eval('thead th', (all) => all.map((cell) => cell.textContent))).indexOf(region)
    if (at === -1) return null
    const texts = await page.$$eval('tbody tr', (all, n) => all.map((row) => row.children[n]?.textContent ?? ''), at)
    return texts.join('')
  }
  const order = (region: string, id: string) =>
    execute(`INSERT INTO orders VALUES ('${id}', '${region}', 'paid', 12.50, TIMESTAMP '2026-01-15 12:00:30')`)

  it('moves with each order, and goes on after a restart of the server with none lost or counted twice', async () => {
    await page.goto(url)
    await expect.poll(state, PATIENCE).toBe('live')
    await expect.poll(orders, PATIENCE).toBeGreaterThan(0)
    const before = await orders()
    await expect.poll(orders, PATIENCE).toBeGreaterThan(before)
    await order('moon', 'o-1')
    await expect.poll(() => cellOf('moon'), PATIENCE).toBe('112.50')
    await server.close()
    await expect.poll(state, PATIENCE).toBe('the server is away')
    await serve()
    await expect.poll(state, PATIENCE).toBe('live')
    await order('moon', 'o-2')
    await expect.poll(() => cellOf('moon'), PATIENCE).toBe('225.00')
  })

  it('is given the table anew when the dashboard comes back', async () => {
    await order('moon', 'o-1')
    await page.goto(url)
    await expect.poll(() => cellOf('moon'), PATIENCE).toBe('112.50')
    await dashboard.end('SIGKILL')
    await expect.poll(state, PATIENCE).toBe('the dashboard is away')
    await startDashboard()
    await expect.poll(state, PATIENCE).toBe('live')
    await expect.poll(() => cellOf('moon'), PATIENCE).toBe('112.50')
  })

  it('shows values as text, and loads nothing from elsewhere', async () => {
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    const markup = '<img src="http://example.com/x" onerror="document.title = 1">'
    await order(markup, 'o-1')
    await page.goto(url)
    await expect.poll(() => cellOf(markup), PATIENCE).toBe('112.50')
    expect(await page.$$('img')).toEqual([])
    expect(await page.title()).toBe('Orders per region')
    expect(requests.filter((request) => !request.startsWith(url))).toEqual([])
  })
})
