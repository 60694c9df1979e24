// What a task does ⇄ messages of PeerService.

import type { TaskDetail } from '../../runtime/task-detail.ts'
import type { TaskState, TaskStats } from '../../runtime/task-loop.ts'
import type { TaskActivity, TaskActivityInput } from '../proto/weir/internal/v1/TaskActivity.ts'
import type { TaskDescription, TaskDescriptionInput } from '../proto/weir/internal/v1/TaskDescription.ts'

export function toTaskDescription(task: string, stats: TaskStats): TaskDescriptionInput {
  const { error, lagRecords, lagMsP95, restore, detail, ...counts } = stats
  return {
    ...counts,
    task,
    ...(error === undefined ? {} : { error }),
    ...(lagRecords === undefined ? {} : { lagRecords }),
    ...(lagMsP95 === undefined ? {} : { lagMsP95 }),
    restoredRecords: restore.records,
    restoreRemaining: restore.remaining,
    activity: detail === undefined ? null : toActivity(detail),
  }
}

export function statsOf(description: TaskDescription): TaskStats {
  const {
    task: _,
    state,
    error,
    lagRecords,
    lagMsP95,
    restoredRecords,
    restoreRemaining,
    activity,
    ...counts
  } = description
  return {
    ...counts,
    state: state as TaskState,
    error,
    lagRecords,
    lagMsP95,
    restore: { records: restoredRecords, remaining: restoreRemaining },
    detail: activity === null ? undefined : detailOf(activity),
  }
}

function toActivity({ operators, partitions, times, ...rest }: TaskDetail): TaskActivityInput {
  return {
    ...rest,
    ...times,
    operators: operators.map(({ tableDelayMs, ...one }) =>
      tableDelayMs === undefined ? one : { ...one, tableDelayMs },
    ),
    partitions: partitions.map(({ lagRecords, ...partition }) =>
      lagRecords === undefined ? partition : { ...partition, lagRecords },
    ),
  }
}

function detailOf({ atMs, operators, partitions, commitMs, prepareMs, lookupMs, outputMs }: TaskActivity): TaskDetail {
  return {
    atMs,
    operators: operators.map(({ tableDelayMs, ...rest }) => ({ ...rest, tableDelayMs })),
    partitions: partitions.map(({ lagRecords, ...rest }) => ({ ...rest, lagRecords })),
    times: { commitMs, prepareMs, lookupMs, outputMs },
  }
}
