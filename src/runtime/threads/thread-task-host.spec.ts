import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { SystemClock } from '../../adapters/system-clock.ts'
import { AppError } from '../../core/errors.ts'
import type { TaskSpec } from '../task-spec.ts'
import { ThreadTaskHost } from './thread-task-host.ts'

/** A thread that starts beside others on a busy machine. */
const SOON = { timeout: 30_000 }
const ENTRY = new URL('./testing/scripted-thread.ts', import.meta.url)

const lines: string[] = []
const failures: string[] = []
const ends: string[] = []
const copies: string[] = []
const views: string[] = []
let viewPages = 2
let spawned = 0
let host: ThreadTaskHost | undefined

function open(threads: number): ThreadTaskHost {
  lines.length = 0
  failures.length = 0
  ends.length = 0
  copies.length = 0
  views.length = 0
  spawned = 0
  host = new ThreadTaskHost({
    threads,
    spawn: () => {
      spawned++
      return new Worker(ENTRY)
    },
    clock: new SystemClock(),
    events: {
      onFailure: ({ id }, error, willRetry) => failures.push(`${id}: ${(error as Error).message}, ${willRetry}`),
      onEnd: ({ id }, state) => ends.push(`${id}: ${state}`),
      onCopy: ({ id }, inStep) => copies.push(`${id}: ${inStep}`),
    },
    hasFinished: async (relation) => relation === 'orders',
    readView: async function* (request, signal) {
      views.push(`${request.view}/${request.partition}`)
      signal.addEventListener('abort', () => views.push('closed'))
      for (let page = 1; page <= viewPages; page++) {
        const entries = Array.from({ length: page }, () => [new Uint8Array(1), new Uint8Array(1)] as const)
        yield { entries, resultEnd: 0, end: page === viewPages }
      }
    },
    print: (line) => lines.push(line),
  })
  return host
}

afterEach(async () => {
  await host?.close()
  host = undefined
})

function task(query: string, partition = 0, stage = 0): TaskSpec {
  return {
    id: `${query}/${stage}/${partition}`,
    query,
    stage,
    partition,
    plan: { steps: [] } as unknown as TaskSpec['plan'],
    topics: undefined,
    result: undefined,
    partitions: {},
    sides: {},
    failedRows: undefined,
  }
}

const threadOf = async (opened: ThreadTaskHost, { id }: TaskSpec) => (await opened.stats(id))?.rowsIn

const page = (operatorId: string, id: string) => ({
  task: id,
  operatorId,
  table: 't',
  from: new Uint8Array(),
  to: undefined,
  rowsMax: 1,
  result: { topic: 't', partition: 0 },
  cursor: undefined,
})

describe('tasks on threads', () => {
  it('are spread stage by stage, and stay where they are', async () => {
    const opened = open(2)
    const tasks = [0, 1].flatMap((stage) => [0, 1, 2, 3].map((partition) => task('q', partition, stage)))
    for (const one of tasks) await opened.start(one)
    const threads = await Promise.all(tasks.map((one) => threadOf(opened, one)))
    expect(new Set(threads.slice(0, 4)).size).toBe(2)
    expect(threads.slice(0, 4).filter((id) => id === threads[0])).toHaveLength(2)
    expect(threads.slice(4).filter((id) => id === threads[0])).toHaveLength(2)
    await opened.start(tasks[0] as TaskSpec)
    expect(await threadOf(opened, tasks[0] as TaskSpec)).toBe(threads[0])
  })

  it('are taken over on the thread that has kept the copy', async () => {
    const opened = open(2)
    const tasks = [0, 1, 2, 3].map((partition) => task('q', partition))
    for (const one of tasks) await opened.follow(one)
    await expect.poll(() => copies, SOON).toHaveLength(4)
    const followed = lines.map((line) => line.replace('follows ', ''))
    for (const one of tasks) await opened.start(one)
    const started = await Promise.all(tasks.map(async (one) => `${one.id} on ${await threadOf(opened, one)}`))
    expect(started).toEqual(followed)
    expect(new Set(followed.map((line) => line.split(' on ')[1])).size).toBe(2)
  })

  it('need no thread before there is one of them', async () => {
    const opened = open(4)
    expect(spawned).toBe(0)
    expect(await opened.stats('q/0/0')).toBeUndefined()
    expect(await opened.stop('q/0/0')).toBeUndefined()
    await opened.start(task('q'))
    expect(spawned).toBe(1)
  })

  it('fail to start with the error that they had, in all its parts', async () => {
    const error = await open(1)
      .start(task('refused'))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'no such topic',
      hint: 'make it',
      retry: true,
      domain: 'external',
    })
  })

  it('tell of failures and ends, ask what has finished, and print', async () => {
    const opened = open(1)
    for (const query of ['fails', 'ends', 'asks']) await opened.start(task(query))
    expect(failures).toEqual(['fails/0/0: boom, false'])
    expect(ends).toEqual(['ends/0/0: finished'])
    expect(lines).toEqual(['asks/0/0: true'])
  })

  it('give their last counts when they are stopped; what is dropped need not run', async () => {
    const opened = open(1)
    await opened.start(task('q'))
    expect((await opened.stop('q/0/0'))?.state).toBe('running')
    expect(await opened.stats('q/0/0')).toBeUndefined()
    await opened.drop('q/0/0')
    expect(lines).toEqual(['dropped q/0/0'])
  })
})

describe('queries of readers on threads', () => {
  const select = (name: string) => ({ task: task(name), pulls: {} })
  const rowsOf = async (opened: ThreadTaskHost, name: string) => {
    const { events } = await opened.nextResults(`${name}/0/0`)
    return events.flatMap((event) => (event.kind === 'rows' ? event.rows : []))
  }

  it('are spread over the threads, and tell rows and what was left out', async () => {
    const opened = open(2)
    for (const name of ['a', 'b', 'c', 'd']) await opened.openTransient(select(name))
    const threads = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => (await rowsOf(opened, name))[0]?.[0]))
    expect(new Set(threads.slice(0, 2)).size).toBe(2)
    expect(threads.slice(2)).toEqual(threads.slice(0, 2))
    expect(await opened.nextResults('a/0/0')).toMatchObject({ omitted: { failed: 1, reason: 'bad', late: 2 } })
  })

  it('that can not be opened leave nothing behind; one that is closed is closed once, where it runs', async () => {
    const opened = open(2)
    await expect(opened.openTransient(select('refused'))).rejects.toThrow('not this one')
    await opened.openTransient(select('a'))
    await opened.closeTransient('refused/0/0')
    await opened.closeTransient('a/0/0')
    await opened.closeTransient('a/0/0')
    expect(lines).toEqual(['closed a/0/0'])
    await expect(opened.nextResults('a/0/0')).rejects.toThrow('no longer runs')
  })

  it.each([
    { pages: 2, read: [2, true], told: ['v/1', 'closed'] },
    // The reader leaves in the middle.
    { pages: 9, read: [3, false], told: ['v/1', 'closed'] },
  ])('read views of $pages pages by way of the thread that serves clients', async ({ pages, read, told }) => {
    viewPages = pages
    const opened = open(1)
    await opened.openTransient(select('reads'))
    const rows = await rowsOf(opened, 'reads')
    expect(rows.at(-1)).toEqual(read)
    await expect.poll(() => views, SOON).toEqual(told)
  })

  it('fail with their thread, and those of other threads go on', async () => {
    const opened = open(2)
    for (const name of ['waits', 'b', 'dies']) await opened.openTransient(select(name))
    const waiting = opened.nextResults('waits/0/0').catch((error: unknown) => error)
    await expect(opened.nextResults('dies/0/0')).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: true })
    // The third is on the thread of the first.
    expect(await waiting).toMatchObject({ code: 'UNAVAILABLE', retry: true })
    expect(await rowsOf(opened, 'b')).toHaveLength(1)
    await expect(opened.nextResults('waits/0/0')).rejects.toThrow('the query of this reader no longer runs')
    await opened.closeTransient('waits/0/0')
  })
})

describe('a thread that dies', () => {
  it('takes its copies along, and another one keeps them', async () => {
    const opened = open(1)
    await opened.follow(task('copied'))
    await opened.readTable(page('dies', 'copied/0/0')).catch(() => undefined)
    await expect.poll(() => lines.filter((line) => line.startsWith('follows copied')), SOON).toHaveLength(2)
    await opened.stop('copied/0/0')
    await opened.readTable(page('dies', 'copied/0/0')).catch(() => undefined)
    await opened.start(task('other'))
    expect(lines.filter((line) => line.startsWith('follows copied'))).toHaveLength(2)
  })

  it('fails what waits for it, and its tasks run on another; those of other threads go on', async () => {
    const opened = open(2)
    const [first, second] = [task('q', 0), task('q', 1)]
    await opened.start(first)
    await opened.start(second)
    const before = [await threadOf(opened, first), await threadOf(opened, second)]
    const reading = opened.readTable(page('dies', first.id))
    await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: true })
    await expect(reading).rejects.toThrow('a thread that runs tasks has ended (out of luck)')
    expect(failures).toEqual(['q/0/0: a thread that runs tasks has ended (out of luck), true'])
    await expect.poll(() => threadOf(opened, first), SOON).not.toBeUndefined()
    expect(await threadOf(opened, first)).not.toBe(before[0])
    expect(await threadOf(opened, second)).toBe(before[1])
  })

  it('does not bring back what was stopped or had ended', async () => {
    const opened = open(1)
    for (const one of [task('q', 0), task('q', 1), task('ends')]) await opened.start(one)
    await opened.readTable(page('dies', 'q/0/0')).catch(() => undefined)
    await opened.stop('q/0/1')
    await expect.poll(() => threadOf(opened, task('q', 0)), SOON).not.toBeUndefined()
    expect(await threadOf(opened, task('q', 1))).toBeUndefined()
    expect(await threadOf(opened, task('ends'))).toBeUndefined()
    // Another process may run it by now: it is opened here when the duties say so.
    await opened.start(task('ends'))
    expect(await threadOf(opened, task('ends'))).toBeDefined()
  })

  it('is not started again once the host is closed', async () => {
    const opened = open(1)
    await opened.start(task('q'))
    await opened.close()
    expect(lines).toEqual(['closed with 1'])
    expect(failures).toEqual([])
    expect(spawned).toBe(1)
  })
})
