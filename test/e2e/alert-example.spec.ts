// examples/error-rate/alert.ts against a real server and a real receiver, each of which fails in the ways that there are.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { loadConfig } from '../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { ExampleProgram } from '../harness/example-program.ts'
import { freeAddress } from './server-process.ts'

const SQL = readFileSync(join(import.meta.dirname, '../../examples/error-rate/server.sql'), 'utf8')
const ENDS = ['12:05', '12:06', '12:07', '12:08', '12:09']
const KEYS = ENDS.map((end) => `error_alerts/checkout/2026-01-15T${end}:00.000Z`)
/** Long enough for a busy machine to answer in, where it does answer. */
const SHORT_TIMEOUT_MS = 2_000
const PATIENCE = { timeout: 40_000 }

let directory: string
let address: string
let server: RunningServer
let receiver: Server | undefined
let port: number
let program: ExampleProgram | undefined
/** Keys in the order in which they came. */
let posts: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-alerts-'))
  address = await freeAddress()
  port = Number((await freeAddress()).split(':')[1])
  posts = []
  await serve()
  await using client = await WeirClient.connect(address)
  await client.execute(SQL)
  await expect.poll(() => client.query('SELECT * FROM error_alerts').toArray(), PATIENCE).toHaveLength(ENDS.length)
})

afterEach(async () => {
  await program?.end('SIGKILL')
  receiver?.closeAllConnections()
  receiver?.close()
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

async function serve(): Promise<void> {
  const flags = { listen: address, dataDirectory: join(directory, 'data'), logLevel: 'silent' }
  server = await startServer(loadConfig({ flags }))
}

/** `answer` says the status of each post, by its number from 1; undefined: it never answers. */
async function receive(answer: (post: number) => number | undefined = () => 204): Promise<void> {
  receiver = createServer((request, response) => {
    request.resume()
    posts.push(String(request.headers['idempotency-key']))
    const status = answer(posts.length)
    if (status !== undefined) response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => receiver?.listen(port, '127.0.0.1', resolve))
}

function alert(postTimeoutMs = 30_000): ExampleProgram {
  const args = [`http://127.0.0.1:${port}/alerts`, address, join(directory, 'token')]
  program = ExampleProgram.start('error-rate/alert.ts', args, { POST_TIMEOUT_MS: String(postTimeoutMs) })
  return program
}

/** The token is written after the last post is answered. */
const hasSettled = (one: ExampleProgram) => expect.poll(() => one.output, PATIENCE).toContain(`posted ${KEYS.at(-1)}`)

it('posts each alert once, and nothing again when it is started again', async () => {
  await receive()
  const first = alert()
  await hasSettled(first)
  await expect.poll(() => readFileSync(join(directory, 'token'), 'utf8').length, PATIENCE).toBeGreaterThan(0)
  expect(await first.end()).toBe(0)
  expect(posts).toEqual(KEYS)
  alert()
  await failSearch()
  await expect.poll(() => posts.length, PATIENCE).toBe(KEYS.length + 1)
  expect(posts.at(-1)).toMatch('error_alerts/search/')
})

it('waits for a receiver that is down', async () => {
  const waiting = alert()
  await expect.poll(() => waiting.output, PATIENCE).toContain('ECONNREFUSED')
  await receive()
  await hasSettled(waiting)
  expect(posts).toEqual(KEYS)
})

it('sends again, with the same key, what a receiver did not answer in time or has failed', async () => {
  await receive((post) => (post === 2 ? undefined : post === 4 ? 503 : 204))
  await hasSettled(alert(SHORT_TIMEOUT_MS))
  expect(posts).toEqual([KEYS[0], KEYS[1], KEYS[1], KEYS[2], KEYS[2], KEYS[3], KEYS[4]])
})

it('does not hold up alerts behind one that the receiver refuses, and follows no redirect', async () => {
  await receive((post) => (post === 1 ? 400 : post === 2 ? 307 : 204))
  const refused = alert()
  await hasSettled(refused)
  expect(posts).toEqual(KEYS)
  expect(refused.output.match(/^REFUSED /gm)).toHaveLength(2)
})

it('loses nothing when it is killed between a post and its token', async () => {
  let killed: Promise<unknown> | undefined
  await receive((post) => {
    if (post === 3) killed = program?.end('SIGKILL')
    return post === 3 ? undefined : 204
  })
  alert()
  await expect.poll(() => killed, PATIENCE).toBeDefined()
  await killed
  await hasSettled(alert())
  expect(posts).toEqual([...KEYS.slice(0, 3), ...KEYS])
})

it('goes on when the server comes back', async () => {
  await receive()
  const following = alert()
  await hasSettled(following)
  await server.close()
  await serve()
  await failSearch()
  await expect.poll(() => posts.length, PATIENCE).toBe(KEYS.length + 1)
  expect(posts.slice(0, -1)).toEqual(KEYS)
})

/** One window of "search" with failures, and a request that closes it. */
async function failSearch(): Promise<void> {
  await using client = await WeirClient.connect(address)
  const rows = Array.from({ length: 20 }, () => `('search', 503, TIMESTAMP '2026-01-15 13:00:30')`)
  rows.push(`('search', 200, TIMESTAMP '2026-01-15 13:01:10')`)
  await client.execute(`INSERT INTO requests VALUES ${rows.join(', ')}`)
}
