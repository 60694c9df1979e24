import type { TablePage } from './task-host.ts'
import type { TaskStats } from './task-loop.ts'

/** The other replicas of the deployment, as far as this one asks them for anything. */
export interface Peers {
  /**
   * Pages of a table in the order of their keys, all of one commit of its task, up to its end.
   * @throws AppError UNAVAILABLE where the replica can't be reached, or does not have the task.
   */
  readTable(address: string, request: PeerTableRequest, signal: AbortSignal): AsyncIterable<PeerTablePage>
  /**
   * What the tasks of a query do that run there, by id.
   * @throws AppError UNAVAILABLE where the replica can't be reached, or does not answer within a few seconds.
   */
  describeTasks(address: string, request: PeerTasksRequest): Promise<ReadonlyMap<string, TaskStats>>
  close(): Promise<void>
}

/** It comes from the network, as that for a table does. */
export interface PeerTasksRequest {
  readonly deployment: string
  readonly query: string
}

/** What is asked of another replica. It comes from the network: whoever answers checks all of it. */
export interface PeerTableRequest {
  /** Those of another deployment, which has other tables under the same names, are refused. */
  readonly deployment: string
  readonly query: string
  readonly task: string
  /** Keys with from ≤ key < to; no end when `to` is undefined. */
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

export type PeerTablePage = Omit<TablePage, 'cursor'> & {
  /** Nothing follows in the range. */
  readonly end: boolean
}
