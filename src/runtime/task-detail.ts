import type { RunnerTimes } from '../engine/runner.ts'
import type { Task } from '../engine/task.ts'
import { patternOf } from '../plan/physical/scan-topics.ts'

/** What one task has done so far, step by step and partition by partition: plain data, which may come from a thread. */
export interface TaskDetail {
  /** Of a clock that only goes forward; two samples of one task, and no others, can be compared. */
  readonly atMs: number
  readonly operators: readonly OperatorDetail[]
  readonly partitions: readonly PartitionDetail[]
  readonly times: RunnerTimes
}

export interface OperatorDetail {
  readonly id: string
  readonly rowsIn: number
  readonly rowsOut: number
  readonly busyMs: number
  readonly stateEntries: number
  /** Rows of a stream that wait for the watermark of a table. */
  readonly rowsWaiting: number
  /** Rows that went on without it, when it had stood still for as long as they may wait. */
  readonly rowsOverdue: number
  /** Of a join of a stream with a table: how far the table is behind the stream in event time. */
  readonly tableDelayMs: number | undefined
  /** Event time that it has reached; infinite before the first and after the last. */
  readonly watermark: number
}

export interface PartitionDetail {
  readonly scan: string
  /** As the stream or topic is called. */
  readonly source: string
  readonly partition: number
  /** Undefined where nobody can know. */
  readonly lagRecords: number | undefined
  /** How far its rows have come in event time. */
  readonly eventTimeMs: number
  /** It is what the watermark of its source waits for. */
  readonly holdsBack: boolean
}

export function detailOf(task: Task, times: RunnerTimes): TaskDetail {
  const operators = [...task.metrics()].map(([id, { rowsIn, rowsOut, busyMs, stateEntries, ...rows }]) => {
    const { rowsWaiting, rowsOverdue } = rows
    const [watermark, tableDelayMs] = [task.watermarkOf(id), task.tableDelayMs(id)]
    return { id, rowsIn, rowsOut, busyMs, stateEntries, rowsWaiting, rowsOverdue, tableDelayMs, watermark }
  })
  const partitions = task.sources.flatMap((source) => {
    const all = source.openPartitions
    const lowest = Math.min(...all.map((partition) => source.progress(partition)))
    return all.map((partition): PartitionDetail => {
      const eventTimeMs = source.progress(partition)
      const origin = patternOf(source.step) === undefined ? undefined : source.reader.origin?.(partition)
      return {
        scan: source.step.id,
        source: origin === undefined ? source.step.relation : `${source.step.relation}/${origin.topic}`,
        partition: origin?.partition ?? partition,
        lagRecords: source.reader.lag(partition, source.position(partition)),
        eventTimeMs,
        // One that is idle is further behind than the watermark, and holds nothing back.
        holdsBack: source.step.watermark !== undefined && eventTimeMs === lowest && source.watermark <= lowest,
      }
    })
  })
  return { atMs: performance.now(), operators, partitions, times: { ...times } }
}
