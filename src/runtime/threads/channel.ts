import type { MessagePort, Worker } from 'node:worker_threads'
import { type BirpcReturn, createBirpc } from 'birpc'
import type { TablePage, TaskHost } from '../task-host.ts'
import type { TaskState } from '../task-loop.ts'
import type { TaskSpec } from '../task-spec.ts'
import type { ViewRequest } from '../transient-host.ts'
import { fromPlainError, type PlainError, toPlainError } from './plain-error.ts'

/**
 * What the thread that serves clients and a thread that runs tasks say to each other: calls with plain data, answered
 * by plain data or an error.
 */
export type ThreadCalls = { [Call in keyof TaskHost]: TaskHost[Call] }

export type ServingCalls = {
  taskFailed(task: TaskSpec, error: PlainError, willRetry: boolean): void
  taskEnded(task: TaskSpec, state: TaskState): void
  copyChanged(task: TaskSpec, inStep: boolean): void
  hasFinished(relation: string): Promise<boolean>
  /** The next page of a partition of a view: `cursor` from the page before, undefined begins. */
  readView(request: ViewRequest, cursor: string | undefined): Promise<TablePage>
  /** Of a view that is not read to its end. */
  closeView(cursor: string): void
  print(line: string): void
}

/** Events: what nobody waits for. */
const EVENTS: readonly (keyof ServingCalls)[] = ['taskFailed', 'taskEnded', 'copyChanged', 'print', 'closeView']

export function channelToThread(worker: Worker, calls: ServingCalls): BirpcReturn<ThreadCalls, ServingCalls> {
  return createBirpc<ThreadCalls, ServingCalls>(calls, channelOptions(worker))
}

export function channelToServing(port: MessagePort, calls: ThreadCalls): BirpcReturn<ServingCalls, ThreadCalls> {
  return createBirpc<ServingCalls, ThreadCalls>(calls, { ...channelOptions(port), eventNames: [...EVENTS] })
}

interface Message {
  readonly e?: unknown
}

/** What both ends of the line have in common. */
interface Port {
  postMessage(message: unknown): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
}

function channelOptions(port: Port) {
  return {
    post: (message: unknown) => port.postMessage(message),
    on: (listener: (message: unknown) => void) => void port.on('message', listener),
    off: (listener: (message: unknown) => void) => void port.off('message', listener),
    serialize: (message: Message) => (message.e === undefined ? message : { ...message, e: toPlainError(message.e) }),
    deserialize: (message: Message) =>
      message.e === undefined ? message : { ...message, e: fromPlainError(message.e as PlainError) },
    // A task takes as long to open as there is to restore.
    timeout: -1,
  }
}
