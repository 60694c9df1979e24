// A thread whose tasks do what their names say: the real port, worker and death, without a log.

import { parentPort, threadId } from 'node:worker_threads'
import { must } from '../../../core/assert.ts'
import { AppError } from '../../../core/errors.ts'
import type { TaskHost } from '../../task-host.ts'
import type { TaskStats } from '../../task-loop.ts'
import { serveTasks } from '../serve-tasks.ts'

serveTasks(must(parentPort, 'a thread has a port'), ({ events, hasFinished, print }): TaskHost => {
  const running = new Set<string>()
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
    // Rows stand for the thread: which one runs the task is what tests want to know.
    stop: async (id) => (running.delete(id) ? stats(threadId) : undefined),
    stats: async (id) => (running.has(id) ? stats(threadId) : undefined),
    drop: async (id) => print?.(`dropped ${id}`),
    readTable: ({ operatorId }) => {
      if (operatorId === 'dies') {
        setImmediate(() => {
          throw new Error('out of luck')
        })
      }
      return new Promise(() => {})
    },
    closeTable: async () => {},
    close: async () => print?.(`closed with ${running.size}`),
  }
})
