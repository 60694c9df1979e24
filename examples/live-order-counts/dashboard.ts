// A dashboard in a page of one's own: one subscription to the view, passed on to each browser as server-sent events.
//
//   npx node examples/live-order-counts/dashboard.ts [port] [server]

import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
// In a project of your own: from '@weir/client'.
import { type Change, type RowObject, WeirClient, WeirError } from '../../clients/typescript/src/index.ts'

const VIEW = 'orders_per_region'
/** The page shows the latest minutes; the view has them all. */
const MINUTES_MAX = 10
const BROWSERS_MAX = 100
/** What a browser that does not read may owe; then it is cut, comes again by itself, and is given the table anew. */
const UNREAD_BYTES_MAX = 256 * 1024
const PAGES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['page.html', 'text/html'],
  '/page.js': ['page.js', 'text/javascript'],
  '/page.css': ['page.css', 'text/css'],
}
/** The page runs and shows what is served here, and nothing else. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

interface Cell {
  readonly region: string
  readonly minute: string
  /** Texts: exact, whatever their size. */
  readonly orders: string
  readonly revenue: string
}

const [port = '8080', server = '127.0.0.1:7878'] = process.argv.slice(2)
/** The table as it is, for browsers that come later. */
const cells = new Map<string, Cell>()
const browsers = new Set<ServerResponse>()
let connected = true

const http = createServer(async ({ url = '/', method }, response) => {
  const page = PAGES[url]
  if (method !== 'GET' || (url !== '/events' && page === undefined)) return response.writeHead(404, HEADERS).end()
  if (page === undefined) return follow(response)
  const [file, type] = page
  const text = await readFile(join(import.meta.dirname, file))
  return response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(text)
})
http.listen(Number(port), '127.0.0.1', () => console.log(`dashboard at http://127.0.0.1:${port}`))

try {
  await using weir = await WeirClient.connect(server)
  for (;;) await showView(weir)
} catch (error) {
  const { message, hint = '' } = error as Partial<WeirError>
  console.error(`${message}. ${hint}`)
  process.exit(1)
}

/** The subscription connects again by itself, after a restart of the server as well, and goes on after its last row. */
async function showView(weir: WeirClient): Promise<void> {
  cells.clear()
  send('table', [])
  const onReconnect = () => setConnected(false)
  try {
    for await (const event of weir.subscribe(VIEW, { onReconnect }).events()) {
      setConnected(true)
      if (event.kind === 'changes') show(event.changes)
    }
  } catch (error) {
    // The view was made anew, or what was read last is no longer kept: from its table again.
    if (!(error instanceof WeirError && error.status === 'OUT_OF_RANGE')) throw error
  }
}

function show(changes: readonly Change[]): void {
  const changed = changes.filter(({ kind }) => kind === '+I' || kind === '+U').map(({ row }) => cellOf(row))
  for (const cell of changed) cells.set(`${cell.minute} ${cell.region}`, cell)
  forgetOldMinutes()
  send('cells', changed)
}

function cellOf({ region, window_start, orders, revenue }: RowObject): Cell {
  return {
    region: String(region),
    minute: (window_start as Date).toISOString(),
    orders: String(orders),
    revenue: String(revenue),
  }
}

function forgetOldMinutes(): void {
  const minutes = [...new Set([...cells.values()].map(({ minute }) => minute))].toSorted()
  const first = minutes.at(-MINUTES_MAX) ?? ''
  for (const [key, { minute }] of cells) if (minute < first) cells.delete(key)
}

function follow(response: ServerResponse): void {
  if (browsers.size >= BROWSERS_MAX) {
    response.writeHead(503, HEADERS).end()
    return
  }
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
  browsers.add(response)
  response.on('close', () => browsers.delete(response))
  response.write(eventText('connected', connected) + eventText('table', [...cells.values()]))
}

function send(event: string, data: unknown): void {
  for (const response of browsers) {
    response.write(eventText(event, data))
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy()
  }
}

function setConnected(now: boolean): void {
  if (connected === now) return
  connected = now
  send('connected', connected)
}

/** JSON has no line breaks, so that no value can begin an event of its own. */
function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
