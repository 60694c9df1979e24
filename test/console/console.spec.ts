import { type IncomingHttpHeaders, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRuntime } from '../../src/cli/local-runtime.ts'
import { loadConfig } from '../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { HAS_CHROMIUM, withChromium } from '../harness/chromium.ts'
import { GuardedServer } from '../harness/guarded-server.ts'
import { CHECKS } from './checks.ts'
import { ConsoleBrowser, ConsoleWorld } from './console-world.ts'

const TITLE = withChromium('the console')

describe.skipIf(!HAS_CHROMIUM)(TITLE, () => {
  let world: ConsoleWorld
  beforeAll(async () => {
    world = await ConsoleWorld.open()
    await world.fill()
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  it.each(CHECKS)('$name', ({ run }) => run(world))
})

describe.skipIf(!HAS_CHROMIUM)(`${TITLE} of a server with nothing in it`, () => {
  let world: ConsoleWorld
  beforeAll(async () => {
    world = await ConsoleWorld.open()
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  it.each([
    ['#/queries', 'No query runs yet'],
    ['#/streams', 'There is none yet'],
    ['#/dead-letters', 'No stream keeps its dead letters'],
    ['#/objectives', 'No query runs, so that nothing is promised'],
    ['#/queries/nothing', 'That did not work'],
  ])('%s says so', async (hash, text) => {
    const page = await world.browser.page(hash)
    await page.getByText(text).waitFor()
    expect(world.browser.complaints).toEqual([])
  })
})

describe.skipIf(!HAS_CHROMIUM)(`${TITLE} of a server with authentication`, () => {
  it('asks for a token, says what is wrong with one, and shows what it gives a right to', async () => {
    await using guarded = await GuardedServer.start({ consoleListen: '127.0.0.1:0' })
    const token = await guarded.token('reader', ['read:query:seen'])
    await using browser = await ConsoleBrowser.open(guarded.console)
    const page = await browser.page('#/queries')
    await page.getByLabel('Token').fill('weir_nobody')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('No query runs yet').waitFor()
    await page.goto(`${browser.url}#/queries/hidden`)
    await page.getByText('You may not see this').waitFor()
    await page.getByRole('button', { name: 'Forget token' }).click()
    await page.getByLabel('Token').waitFor()
  })
})

describe('the address of the console', () => {
  let url: URL
  let server: RunningServer
  beforeAll(async () => {
    const flags = { listen: '127.0.0.1:0', consoleListen: '127.0.0.1:0', logLevel: 'silent' }
    server = await startServer(loadConfig({ flags }), { open: () => openRuntime({ dataDir: undefined }) })
    url = new URL(server.console ?? '')
  })
  afterAll(() => server?.close())

  it('allows a page nothing but what it brings, and no page around it', async () => {
    const { headers } = await ask('/')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('gives each answer another nonce', async () => {
    const [one, two] = [await ask('/'), await ask('/')]
    expect(one.headers['content-security-policy']).not.toBe(two.headers['content-security-policy'])
  })

  it.each(['/../package.json', '/assets/../../package.json', '/%2e%2e/package.json', '/assets/', '/index.html/x'])(
    'has no page %s',
    async (path) => {
      expect((await ask(path)).status).toBe(404)
    },
  )

  it('is of no other name than those of this machine', async () => {
    expect((await ask('/', { host: `evil.example:${url.port}` })).status).toBe(403)
    expect((await ask('/', { host: `localhost:${url.port}` })).status).toBe(200)
  })

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('answers no call of another page: %j', async (headers) => {
    expect((await ask('/weir.v1.QueryService/ListQueries', headers, 'POST')).status).toBe(403)
  })

  it('answers no call but those of the page', async () => {
    for (const method of ['weir.v1.IngestService/Ingest', 'weir.internal.v1.PeerService/ReadTable']) {
      expect((await ask(`/${method}`, {}, 'POST')).status).toBe(404)
    }
  })

  function ask(path: string, headers: IncomingHttpHeaders = {}, method = 'GET') {
    return new Promise<{ status: number | undefined; headers: IncomingHttpHeaders }>((resolve, reject) => {
      const all = { 'content-type': 'application/json', ...headers }
      request({ host: url.hostname, port: url.port, path, method, headers: all }, (response) => {
        response.resume()
        resolve({ status: response.statusCode, headers: response.headers })
      })
        .on('error', reject)
        .end(method === 'POST' ? '{}' : undefined)
    })
  }
})
