import { afterEach, beforeEach, expect, it } from 'vitest'
import { scriptedRuntime } from '../../../test/e2e/scripted-runtime.ts'
import { AppError } from '../../core/errors.ts'
import type { PeerTablePage, PeerTableRequest } from '../../runtime/peers.ts'
import type { TaskStats } from '../../runtime/task-loop.ts'
import { loadConfig } from '../config/config.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import { GrpcPeers } from './grpc-peers.ts'

const REQUEST: PeerTableRequest = {
  deployment: 'weir/1',
  query: 'v',
  task: 'v.1/0/0',
  from: new Uint8Array([1, 0, 255]),
  to: undefined,
}

const PAGE_TIMEOUT_MS = 500

let server: RunningServer
let peers: GrpcPeers
let asked: PeerTableRequest[]
let answer: (request: PeerTableRequest) => AsyncGenerator<PeerTablePage>
let ended: number
let tasks: ReadonlyMap<string, TaskStats>

beforeEach(async () => {
  asked = []
  ended = 0
  const config = loadConfig({ flags: { listen: '127.0.0.1:0', logLevel: 'silent', shutdownGraceMs: 0 } })
  const readTableForPeer = async function* (request: PeerTableRequest) {
    asked.push(request)
    try {
      yield* answer(request)
    } finally {
      ended++
    }
  }
  const describeTasksForPeer = async () => tasks
  const runtime = scriptedRuntime({ readTableForPeer, describeTasksForPeer, close: async () => {} })
  server = await startServer(config, { open: async () => runtime })
  peers = new GrpcPeers({ pageTimeoutMs: PAGE_TIMEOUT_MS })
})
afterEach(async () => {
  await peers.close()
  await server.close()
})

function page(id: number, end: boolean, bytes = 1): PeerTablePage {
  return { entries: [[new Uint8Array([id]), new Uint8Array(bytes).fill(id)]], resultEnd: 2 ** 40 + id, end }
}

async function all(address = server.address, request = REQUEST): Promise<readonly PeerTablePage[]> {
  const got: PeerTablePage[] = []
  for await (const one of peers.readTable(address, request, new AbortController().signal)) got.push(one)
  return got
}

const plain = (pages: readonly PeerTablePage[]) =>
  pages.map(({ entries, ...rest }) => ({ ...rest, entries: entries.map((entry) => entry.map((part) => [...part])) }))

it('brings the pages as they are, and asks as it was asked', async () => {
  answer = async function* () {
    yield page(1, false)
    yield page(2, true)
  }
  expect(plain(await all())).toEqual(plain([page(1, false), page(2, true)]))
  await all(server.address, { ...REQUEST, to: new Uint8Array([2]) })
  expect(asked.map(({ from, to }) => [[...from], to && [...to]])).toEqual([
    [[1, 0, 255], undefined],
    [[1, 0, 255], [2]],
  ])
})

it('brings a row that is longer than the messages of clients may be', async () => {
  answer = async function* () {
    yield page(1, true, 5 * 1024 * 1024)
  }
  expect((await all())[0]?.entries[0]?.[1]).toHaveLength(5 * 1024 * 1024)
})

it('fails with what the replica says, as something that may pass', async () => {
  answer = async function* () {
    yield await Promise.reject(new AppError('UNAVAILABLE', 'task "v.1/0/0" is not open here'))
  }
  await expect(all()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    retry: true,
    message: `the replica at ${server.address} has a part of the view: task "v.1/0/0" is not open here`,
  })
})

it('does not take a table for whole that ends without its last page', async () => {
  answer = async function* () {
    yield page(1, false)
  }
  await expect(all()).rejects.toThrow('the table ended before its end')
})

it('brings what tasks do as it is, of those too that are not open', async () => {
  const open: TaskStats = {
    state: 'running',
    error: undefined,
    rowsIn: 2 ** 40,
    rowsOut: 2,
    rowsLate: 3,
    rowsFailed: 4,
    rowsDuplicate: 5,
    recordsSkipped: 6,
    watermark: Number.NEGATIVE_INFINITY,
    lagRecords: 0,
    stateBytes: 8,
    epoch: 9,
    checkpointMsP95: 1.5,
    lagMsP95: 12.5,
    restore: { records: 10, remaining: 0 },
    detail: {
      atMs: 1.25,
      operators: [
        {
          id: 'scan-s',
          rowsIn: 1,
          rowsOut: 2,
          busyMs: 3,
          stateEntries: 4,
          rowsWaiting: 5,
          rowsOverdue: 6,
          tableDelayMs: undefined,
          watermark: 7,
        },
        {
          id: 'temporal-join-1',
          rowsIn: 1,
          rowsOut: 2,
          busyMs: 3,
          stateEntries: 4,
          rowsWaiting: 5,
          rowsOverdue: 6,
          tableDelayMs: 8.5,
          watermark: 7,
        },
      ],
      partitions: [
        { scan: 'scan-s', source: 's', partition: 3, lagRecords: undefined, eventTimeMs: 4, holdsBack: true },
        { scan: 'scan-s', source: 's', partition: 4, lagRecords: 0, eventTimeMs: 4, holdsBack: false },
      ],
      times: { commitMs: 1, prepareMs: 2, lookupMs: 4, outputMs: 3 },
    },
  }
  const restoring: TaskStats = {
    ...open,
    state: 'failed',
    error: '',
    lagRecords: undefined,
    restore: { records: 10, remaining: 20 },
    detail: undefined,
  }
  tasks = new Map([
    ['q.1/0/0', open],
    ['q.1/0/1', restoring],
  ])
  const found = await peers.describeTasks(server.address, { deployment: 'weir/1', query: 'q' })
  expect(found).toMatchObject(tasks)
  expect([...found.keys()]).toEqual([...tasks.keys()])
})

it('waits for an answer no longer than it may, and for nobody at an address where nobody is', async () => {
  answer = async function* () {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    yield page(1, true)
  }
  await expect(all()).rejects.toThrow('no answer for 500 ms')
  await expect(all('127.0.0.1:1')).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: true })
})

it('takes no more than a few pages ahead of its reader, and ends the call when the reader leaves', async () => {
  let made = 0
  answer = async function* () {
    for (; made < 1_000; made++) yield page(made % 256, false, 256 * 1024)
  }
  const pages = peers.readTable(server.address, REQUEST, new AbortController().signal)
  await pages.next()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(made).toBeLessThan(40)
  await pages.return(undefined)
  await expect.poll(() => ended).toBe(1)
})

it('ends the call when nobody waits any more', async () => {
  answer = async function* () {
    yield page(1, false)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  const waiting = new AbortController()
  const pages = peers.readTable(server.address, REQUEST, waiting.signal)
  await pages.next()
  const next = pages.next()
  const startedMs = performance.now()
  waiting.abort()
  await expect(next).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(performance.now() - startedMs).toBeLessThan(PAGE_TIMEOUT_MS)
})
