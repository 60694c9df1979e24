import type { MessagePort } from 'node:worker_threads'
import { pagesOf } from '../table-pages.ts'
import type { LocalTaskHostOptions, TaskHost } from '../task-host.ts'
import { channelToServing, type ThreadCalls } from './channel.ts'
import { toPlainError } from './plain-error.ts'

/** What a thread gets from the one that serves clients, to open a host of its own with. */
export type HostSurroundings = Pick<LocalTaskHostOptions, 'events' | 'hasFinished' | 'readView' | 'print'>

/** The life of a thread that runs tasks: a host behind a port. Ends when the other side closes it. */
export function serveTasks(port: MessagePort, openHost: (surroundings: HostSurroundings) => TaskHost): void {
  const calls: ThreadCalls = {
    start: (spec) => host.start(spec),
    stop: (id) => host.stop(id),
    follow: (spec) => host.follow(spec),
    drop: (id) => host.drop(id),
    stats: (id) => host.stats(id),
    readTable: (request) => host.readTable(request),
    closeTable: (task, cursor) => host.closeTable(task, cursor),
    openTransient: (spec) => host.openTransient(spec),
    nextResults: (id) => host.nextResults(id),
    closeTransient: (id) => host.closeTransient(id),
    close: () => host.close(),
  }
  const serving = channelToServing(port, calls)
  const host = openHost({
    events: {
      onFailure: (task, error, willRetry) => void serving.taskFailed(task, toPlainError(error), willRetry),
      onEnd: (task, state) => void serving.taskEnded(task, state),
      onCopy: (task, inStep) => void serving.copyChanged(task, inStep),
    },
    hasFinished: (relation) => serving.hasFinished(relation),
    // The thread that serves clients knows where the partition is.
    readView: (request, signal) =>
      pagesOf(
        async (cursor) => {
          signal.throwIfAborted()
          return serving.readView(request, cursor)
        },
        (cursor) => serving.closeView(cursor),
      ),
    print: (line) => void serving.print(line),
  })
}
