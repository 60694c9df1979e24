// A server with its console and something to look at, and a browser in front of it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { loadConfig, type SettingName } from '../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { freeAddress } from '../e2e/server-process.ts'
import { launchChromium } from '../harness/chromium.ts'

export const PATIENCE_MS = 30_000
/** Text that would be more than text in a page that is not careful. */
export const MARKUP = '<img src=x onerror=alert(1)>'

const STATEMENTS = `
  CREATE STREAM orders (id BIGINT, region STRING, amount DOUBLE, ts TIMESTAMP,
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (dead_letter_topic = 'bad_orders');
  CREATE MATERIALIZED VIEW per_region AS SELECT region, window_start, COUNT(*) AS n
    FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '10' SECONDS);
  CREATE MATERIALIZED VIEW parts AS SELECT id, 100 % (id - 3) AS part FROM orders EMIT CHANGES;`

const EXPECTED = [
  // Calls that the server refused, and a server that is away: that is the page's to show.
  'Failed to load resource',
  // Of the browser itself: what it puts around text that is typed over other text. The policy keeps it out.
  'Applying inline style',
]

type ConsoleFlags = Partial<Record<SettingName, unknown>> & { readonly dataDirectory: string }

/** A browser in front of one console. */
export class ConsoleBrowser implements AsyncDisposable {
  readonly url: string
  readonly #browser: Browser
  /** What it complained of, and what it asked others for: nothing, on any page. */
  readonly complaints: string[] = []

  private constructor(url: string, browser: Browser) {
    this.url = url
    this.#browser = browser
  }

  static async open(url: string | undefined): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(url ?? '', await launchChromium())
  }

  /** A page of its own, without what others have left in theirs. */
  async page(hash: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const context = await this.#browser.newContext({ colorScheme, viewport: { width: 1280, height: 860 } })
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('console', (message) => {
      if (message.type() !== 'error' || EXPECTED.some((beginning) => message.text().startsWith(beginning))) return
      this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (origin !== new URL(this.url).origin && protocol !== 'data:') this.complaints.push(`asked ${request.url()}`)
    })
    await page.goto(this.url + hash)
    return page
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#browser.close()
  }
}

export class ConsoleWorld implements AsyncDisposable {
  readonly browser: ConsoleBrowser
  readonly #flags: ConsoleFlags
  #server: RunningServer
  #second = 0
  #id = 0

  private constructor(server: RunningServer, browser: ConsoleBrowser, flags: ConsoleFlags) {
    this.#server = server
    this.browser = browser
    this.#flags = flags
  }

  static async open(): Promise<ConsoleWorld> {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'weir-console-test-'))
    const [listen, consoleListen] = [await freeAddress(), await freeAddress()]
    const flags = { listen, consoleListen, dataDirectory, logLevel: 'silent' }
    const server = await startServer(loadConfig({ flags }))
    return new ConsoleWorld(server, await ConsoleBrowser.open(server.console), flags)
  }

  async fill(): Promise<void> {
    await this.execute(STATEMENTS)
    await this.orders(60)
  }

  async execute(sql: string): Promise<void> {
    await using client = await WeirClient.connect(this.#server.address)
    await client.execute(sql)
  }

  /** As many orders, half a second of event time apart. Number 3 can't be computed by one of the views. */
  async orders(count: number): Promise<void> {
    const rows = Array.from({ length: count }, () => {
      const region = ['north', 'south', MARKUP][this.#id % 3]
      const time = new Date(Date.UTC(2026, 0, 1) + 500 * this.#second++).toISOString().slice(0, 23).replace('T', ' ')
      return `(${this.#id++}, '${region}', ${this.#id}.5, TIMESTAMP '${time}')`
    })
    await this.execute(`INSERT INTO orders VALUES ${rows.join(', ')}`)
  }

  async stop(): Promise<void> {
    await this.#server.close()
  }

  async start(): Promise<void> {
    this.#server = await startServer(loadConfig({ flags: this.#flags }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser[Symbol.asyncDispose]()
    await this.#server.close()
    rmSync(this.#flags.dataDirectory, { recursive: true, force: true })
  }
}

/** What axe-core finds wrong, a line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(', ')})`)
}
