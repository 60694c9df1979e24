// Which columns of a result a chart draws: the first number over time, a line for each value of the first text.

import type { LiveRow } from './live-rows.ts'
import { type ChartProps, SERIES_MAX } from './parts/chart.tsx'
import { ChangeKind, type Schema, Type_Kind } from './proto/weir/v1/types_pb.ts'
import { isNumber, numberOf, textOf } from './values.ts'

/** Undefined for a result without numbers or without time. */
export function chartOf(schema: Schema, rows: readonly LiveRow[]): Omit<ChartProps, 'label'> | undefined {
  const measure = schema.columns.findIndex((column, i) => isNumber(column) && !schema.keyColumns.includes(i))
  if (measure < 0) return undefined
  const time = timeColumn(schema)
  const group = schema.columns.findIndex(({ type }) => type?.kind === Type_Kind.STRING)
  const lines = new Map<string, Map<number, number>>()
  for (const row of rows.toReversed()) {
    if (row.change === ChangeKind.DELETE || row.change === ChangeKind.UPDATE_BEFORE) continue
    const at = timeOf(row, time)
    const value = numberOf(row.values[measure])
    if (at === undefined || value === undefined) continue
    const name = group < 0 ? (schema.columns[measure]?.name ?? '') : textOf(row.values[group])
    const line = lines.get(name) ?? new Map<number, number>()
    if (lines.size < SERIES_MAX || lines.has(name)) lines.set(name, line.set(at, value))
  }
  if (lines.size === 0) return undefined
  const times = [...new Set([...lines.values()].flatMap((line) => [...line.keys()]))].sort((a, b) => a - b)
  const series = [...lines].map(([label, line]) => ({ label, values: times.map((at) => line.get(at) ?? null) }))
  return { times, series }
}

function timeColumn({ columns, timeColumn }: Schema): number | undefined {
  if (timeColumn !== undefined) return timeColumn
  const found = columns.findIndex(({ type }) => type?.kind === Type_Kind.TIMESTAMP)
  return found < 0 ? undefined : found
}

/** Seconds. */
function timeOf({ values, timeMicros }: LiveRow, column: number | undefined): number | undefined {
  const kind = column === undefined ? undefined : values[column]?.kind
  const micros = kind?.case === 'timestampMicros' ? kind.value : timeMicros
  return micros === undefined ? undefined : Number(micros) / 1e6
}
