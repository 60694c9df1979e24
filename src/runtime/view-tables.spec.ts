import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../adapters/memory/manual-clock.ts'
import { AppError } from '../core/errors.ts'
import type { Member } from '../engine/ports/replicas.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import type { StoredCatalog } from './catalog.ts'
import type { Peers, PeerTablePage, PeerTableRequest } from './peers.ts'
import type { Replicas } from './replicas.ts'
import type { TableHost, TablePageRequest } from './task-host.ts'
import type { TaskSpec } from './task-spec.ts'
import { ViewTables } from './view-tables.ts'

const SINK = { kind: 'sink', id: 'sink-1', connector: { kind: 'result', options: { topic: 'results' } } }
const QUERY = { name: 'v', state: 'running', plan: { steps: [SINK] } } as unknown as QueryEntry
const TASK = { id: 'v', query: 'v', result: { topic: 'results', partition: 0 } } as unknown as TaskSpec
const RANGE = { from: new Uint8Array([1]), to: new Uint8Array([2]) }
const HERE: PeerTablePage = { entries: [[new Uint8Array([1]), new Uint8Array([1])]], resultEnd: 1, end: true }
const THERE: PeerTablePage = { entries: [[new Uint8Array([1]), new Uint8Array([2])]], resultEnd: 2, end: true }

let query: QueryEntry
let runners: Map<string, Pick<Member, 'name' | 'address'>>
let catchUps: number
let onCatchUp: () => void
let asked: (readonly [string, PeerTableRequest])[]
let answer: () => AsyncGenerator<PeerTablePage>
let read: TablePageRequest[]

beforeEach(() => {
  query = QUERY
  runners = new Map([['v', { name: 'b', address: 'b:1' }]])
  catchUps = 0
  onCatchUp = () => {}
  asked = []
  read = []
  answer = async function* () {
    yield THERE
  }
})

const host: TableHost = {
  readTable: async (request) => {
    read.push(request)
    return { ...HERE, cursor: undefined }
  },
  closeTable: async () => {},
}

function open(): ViewTables {
  const replicas = {
    name: 'a',
    runners: () => runners,
    catchUp: async () => {
      catchUps++
      onCatchUp()
    },
  } as unknown as Replicas
  const peers: Peers = {
    readTable: (address, request) => {
      asked.push([address, request])
      return answer()
    },
    describeTasks: async () => new Map(),
    close: async () => {},
  }
  const catalog = { query: (name: string) => (name === 'v' ? query : undefined), relation: () => undefined }
  const others = { replicas, peers, deployment: 'weir/1' }
  return new ViewTables({ host, catalog: catalog as unknown as StoredCatalog, clock: new ManualClock(), others })
}

async function all(pages: AsyncIterable<PeerTablePage>): Promise<readonly PeerTablePage[]> {
  const got: PeerTablePage[] = []
  for await (const page of pages) got.push(page)
  return got
}

const tableOf = (tables: ViewTables) => all(tables.read(TASK, RANGE, new AbortController().signal))
const moved = new AppError('UNAVAILABLE', 'not open here', { retry: true })

describe('a part of a view', () => {
  it('that is kept here is read here', async () => {
    runners.set('v', { name: 'a', address: 'a:1' })
    expect(await tableOf(open())).toEqual([HERE])
    expect(read).toMatchObject([{ task: 'v', operatorId: 'sink-1', ...RANGE }])
    expect(asked).toEqual([])
  })

  it('that another replica keeps is asked for there, the same keys', async () => {
    expect(await tableOf(open())).toEqual([THERE])
    expect(asked).toEqual([['b:1', { deployment: 'weir/1', query: 'v', task: 'v', ...RANGE }]])
    expect(read).toEqual([])
  })

  it('that has just been moved is asked for where it is by what was heard since', async () => {
    answer = async function* () {
      if (asked.length === 1) throw moved
      yield THERE
    }
    onCatchUp = () => runners.set('v', { name: 'c', address: 'c:1' })
    expect(await tableOf(open())).toEqual([THERE])
    expect(asked.map(([address]) => address)).toEqual(['b:1', 'c:1'])
  })

  it('is asked for once more, and no third time', async () => {
    answer = async function* () {
      yield await Promise.reject(moved)
    }
    await expect(tableOf(open())).rejects.toBe(moved)
    expect(asked).toHaveLength(2)
    expect(catchUps).toBe(1)
  })

  it('of which something was read is not begun anew: the rest would be of another commit', async () => {
    answer = async function* () {
      yield { ...THERE, end: false }
      throw moved
    }
    const got: PeerTablePage[] = []
    const reading = async () => {
      for await (const page of open().read(TASK, RANGE, new AbortController().signal)) got.push(page)
    }
    await expect(reading()).rejects.toBe(moved)
    expect(got).toHaveLength(1)
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['nobody runs it', () => runners.clear(), 'UNAVAILABLE', 'no replica runs all parts of "v" now'],
    [
      'its query is paused',
      () => {
        runners.clear()
        query = { ...QUERY, state: 'paused' }
      },
      'FAILED_PRECONDITION',
      'query "v" is paused, and its table is with its tasks',
    ],
    [
      'its replica says no address',
      () => runners.set('v', { name: 'b', address: '' }),
      'UNAVAILABLE',
      'a part of "v" is at replica "b", which has no address',
    ],
  ])('is not to be had when %s', async (_, given, code, message) => {
    given()
    await expect(tableOf(open())).rejects.toMatchObject({ code, message })
  })
})

describe('another replica', () => {
  const request: PeerTableRequest = { deployment: 'weir/1', query: 'v', task: 'v', ...RANGE }

  it('gets what it asks for', async () => {
    expect(await all(open().readForPeer(request))).toEqual([HERE])
    expect(asked).toEqual([])
  })

  it.each([
    ['of another deployment', { deployment: 'weir/2' }, 'FAILED_PRECONDITION'],
    ['that asks for a query that there is not', { query: 'w' }, 'UNAVAILABLE'],
    ['that asks for another task of the query', { task: 'v.1/0/0' }, 'UNAVAILABLE'],
    ['that asks for a name without an end', { query: 'v'.repeat(1_025) }, 'UNAVAILABLE'],
  ])('%s gets nothing', async (_, wrong, code) => {
    await expect(all(open().readForPeer({ ...request, ...wrong }))).rejects.toMatchObject({ code })
    expect(read).toEqual([])
  })
})
