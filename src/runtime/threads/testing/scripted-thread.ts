// A thread whose tasks do what their names say: the real port, worker and death, without a log.

import { parentPort, threadId } from 'node:worker_threads'
import { must } from '../../../core/assert.ts'
import { type ChangeKind, INSERT } from '../../../core/batch.ts'
import { AppError } from '../../../core/errors.ts'
import type { Row } from '../../../core/value.ts'
import type { ResultEvent } from '../../api.ts'
import type { TaskHost } from '../../task-host.ts'
import { NO_RESTORE, type TaskStats } from '../../task-loop.ts'
import { serveTasks } from '../serve-tasks.ts'

/** A reader that leaves before the end of a view. */
const READ_PAGES_MAX = 3

function die(): void {
  throw new Error('out of luck')
}

serveTasks(must(parentPort, 'a thread has a port'), ({ events, hasFinished, readView, print }): TaskHost => {
  const running = new Set<string>()
  const transients = new Set<string>()
  const stats = (rowsIn: number): TaskStats => ({
    state: 'running',
    error: undefined,
    rowsIn,
    rowsOut: 0,
    rowsLate: 0,
    rowsFailed: 0,
    rowsDuplicate: 0,
    recordsSkipped: 0,
    watermark: Number.NEGATIVE_INFINITY,
    lagRecords: 0,
    stateBytes: 0,
    epoch: 0,
    checkpointMsP95: 0,
    lagMsP95: undefined,
    restore: NO_RESTORE,
    detail: undefined,
  })
  return {
    start: async (spec) => {
      if (spec.query === 'refused') {
        throw new AppError('FAILED_PRECONDITION', 'no such topic', { hint: 'make it', retry: true, domain: 'external' })
      }
      running.add(spec.id)
      if (spec.query === 'ends') events.onEnd(spec, 'finished')
      if (spec.query === 'fails') events.onFailure(spec, new TypeError('boom'), false)
      if (spec.query === 'asks') print?.(`${spec.id}: ${await hasFinished('orders')}`)
    },
    follow: async (spec) => {
      print?.(`follows ${spec.id} on ${threadId}`)
      events.onCopy(spec, true)
    },
    // Rows stand for the thread: which one runs the task is what tests want to know.
    stop: async (id) => (running.delete(id) ? stats(threadId) : undefined),
    stats: async (id) => (running.has(id) ? stats(threadId) : undefined),
    drop: async (id) => print?.(`dropped ${id}`),
    readTable: ({ operatorId }) => {
      if (operatorId === 'dies') {
        setImmediate(die)
      }
      return new Promise(() => {})
    },
    closeTable: async () => {},
    openTransient: async ({ task }) => {
      if (task.query === 'refused') throw new AppError('NOT_SUPPORTED', 'not this one')
      transients.add(task.id)
    },
    nextResults: async (id) => {
      if (!transients.has(id)) throw new AppError('UNAVAILABLE', 'the query of this reader no longer runs')
      if (id === 'dies/0/0') setImmediate(die)
      if (id === 'dies/0/0' || id === 'waits/0/0') return new Promise(() => {})
      // Rows stand for the thread, and for what the view held.
      const rows: Row[] = [[threadId]]
      if (id === 'reads/0/0') {
        const everything = { from: new Uint8Array(), to: undefined }
        const pages = readView({ view: 'v', partition: 1, ...everything }, new AbortController().signal)
        for await (const { entries, end } of pages) {
          rows.push([entries.length, end])
          if (rows.length > READ_PAGES_MAX) break
        }
      }
      const changes = rows.map((): ChangeKind => INSERT)
      const times = new Float64Array(rows.length)
      const event: ResultEvent = { kind: 'rows', rows, changes, times, resumeToken: '', snapshot: false }
      return { events: [event], omitted: { failed: 1, reason: 'bad', late: 2 }, ended: false }
    },
    closeTransient: async (id) => {
      transients.delete(id)
      print?.(`closed ${id}`)
    },
    close: async () => print?.(`closed with ${running.size}`),
  }
})
