import type { Schema } from '../../src/core/schema.ts'
import type { Task } from '../../src/engine/task.ts'
import { foldChanges } from '../harness/fold.ts'
import type { LoggedRow, QueryWorld } from '../harness/query-world.ts'
import { renderRow } from '../harness/render.ts'
import type { GoldenCase } from './golden-case.ts'

// What a run of a golden case is compared by, however it was run.

export interface Counters {
  late: number
  duplicate: number
  failed: number
  bad: number
  future: number
}

export function newCounters(): Counters {
  return { late: 0, duplicate: 0, failed: 0, bad: 0, future: 0 }
}

/** Adds what a task has counted. */
export function countRows(task: Task, counters: Counters): void {
  for (const metrics of task.metrics().values()) {
    counters.late += metrics.rowsLate
    counters.duplicate += metrics.rowsDuplicate
    counters.failed += metrics.rowsFailed
  }
  for (const source of task.sources) {
    counters.bad += source.counters.rowsBad
    counters.future += source.counters.rowsFromFuture
  }
}

/** Only what the file names, so that a case says what it is about. */
export function countersText(counters: Counters, { expected }: GoldenCase): string {
  const names = [...expected.counters.matchAll(/(\w+) \d+/g)].map((match) => match[1] as string)
  if (names.length === 0) return ''
  return `${names.map((name) => `${name} ${counters[name as keyof Counters]}`).join(', ')}\n`
}

/** Rows that are late, or dead letters. */
export async function sideLines(world: QueryWorld, kind: 'late-stream' | 'dead-letter-stream'): Promise<string[]> {
  const lines: string[] = []
  for (const stream of world.sideStreams(kind)) {
    for (const { row } of await world.sideRows(stream)) {
      const shown = row.map((value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value))
      const fields = stream.schema.fields.map((field) =>
        field.type.kind === 'bytes' ? { ...field, type: { kind: 'string' as const } } : field,
      )
      lines.push(renderRow(shown, { ...stream.schema, fields }))
    }
  }
  return lines
}

/** The rows that are there at the end, in one order. */
export function foldedLines(rows: readonly LoggedRow[], schema: Schema): string[] {
  return foldChanges(rows, schema)
    .map((row) => renderRow(row, schema))
    .sort()
}

/** False when the rows in between depend on the batches: EMIT CHANGES and all that goes with it. */
export function isExact({ entry }: QueryWorld): boolean {
  return entry.plan.steps.every((step) => {
    if (step.kind === 'group-aggregate' || step.kind === 'normalize' || step.kind === 'table-join') return false
    if (step.kind === 'top-n') return step.windowEndColumn !== undefined
    if (step.kind === 'deduplicate') return step.keep === 'first'
    return !('emit' in step) || step.emit.mode !== 'changes'
  })
}

export function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
