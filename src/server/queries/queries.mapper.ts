// Runtime answers → messages of QueryService.

import type { Schema } from '../../core/schema.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { ObjectDescription, QueryStats, ResultEvent, StatementResult } from '../../runtime/api.ts'
import type { QueryAnalysis } from '../../runtime/explain-analyze.ts'
import { detailsOf } from '../../runtime/query-tasks.ts'
import type { AnalyzeQueryResponseInput } from '../proto/weir/v1/AnalyzeQueryResponse.ts'
import type { DescribeQueryResponseInput } from '../proto/weir/v1/DescribeQueryResponse.ts'
import type { ObjectiveInput } from '../proto/weir/v1/Objective.ts'
import type { QueryState } from '../proto/weir/v1/QueryState.ts'
import type { QueryStatsInput } from '../proto/weir/v1/QueryStats.ts'
import type { QuerySummaryInput } from '../proto/weir/v1/QuerySummary.ts'
import type { ResultSetInput } from '../proto/weir/v1/ResultSet.ts'
import type { StatementResultInput } from '../proto/weir/v1/StatementResult.ts'
import type { ObjectiveReport } from '../slo/slo.service.ts'
import { eventTimeMicros } from '../wire/row-encoder.ts'
import { toWireSchema } from '../wire/schema.ts'
import { microsOf, toWireRow } from '../wire/value.ts'

const STATES: Readonly<Record<QueryStats['state'], QueryState>> = {
  running: 'QUERY_STATE_RUNNING',
  paused: 'QUERY_STATE_PAUSED',
  failed: 'QUERY_STATE_FAILED',
  finished: 'QUERY_STATE_FINISHED',
}

type TextResult = Exclude<StatementResult, { kind: 'rows' }>

export function toWireTextResult(result: TextResult): StatementResultInput {
  const { statement } = result
  switch (result.kind) {
    case 'done':
      return { statement, message: result.message }
    case 'text':
      return { statement, text: result.text }
    case 'table': {
      const rows = result.rows.map((cells) => ({ cells: [...cells] }))
      return { statement, table: { columns: [...result.columns], rows } }
    }
  }
}

type RowsEvent = Extract<ResultEvent, { kind: 'rows' }>

export function toWireResultSet(schema: Schema, events: readonly RowsEvent[]): ResultSetInput {
  const types = schema.fields.map((field) => field.type)
  const times = events.flatMap((event) => [...event.times])
  const changes = events.flatMap((event) => [...event.changes])
  return {
    schema: toWireSchema(schema),
    batch: {
      rows: events.flatMap((event) => event.rows.map((row: Row) => toWireRow(row, types))),
      changes: changes.some((kind) => kind !== 0) ? changes.map((kind) => (kind + 1) as 1 | 2 | 3 | 4) : [],
      eventTimeMicros: times.every(Number.isNaN) ? [] : times.map((time) => String(eventTimeMicros(time))),
    },
  }
}

export function toWireSummary(name: string, detail: string, stats: QueryStats): QuerySummaryInput {
  return { name, detail, state: STATES[stats.state] }
}

export function toWireAnalysis(
  analysis: QueryAnalysis & { readonly text: string },
  detail: string,
): AnalyzeQueryResponseInput {
  const { query, state, error, tasksSeen, tasksTotal, causes, operators, seen, text } = analysis
  const partitions = [...detailsOf(seen).values()].flatMap((one) => one.partitions)
  return {
    summary: { name: query, detail, state: STATES[state] },
    error: error ?? '',
    tasksSeen,
    tasksTotal,
    causes: [...causes],
    partitions: partitions.map(({ source, scan, partition, lagRecords, eventTimeMs, holdsBack }) => ({
      source: source === '' ? scan : source,
      partition,
      ...(lagRecords === undefined ? {} : { records: lagRecords }),
      ...(Number.isFinite(eventTimeMs) ? { eventTimeMicros: String(microsOf(eventTimeMs)) } : {}),
      holdsWatermark: holdsBack,
    })),
    silentReplicas: [...seen.silent.keys()],
    text,
    operators: operators.map(({ inputs, watermark, tableDelayMs, rowsOverdue: _, ...one }) => ({
      ...one,
      inputs: [...inputs],
      ...watermarkOf(watermark),
      ...(tableDelayMs === undefined ? {} : { tableDelayMillis: tableDelayMs }),
    })),
  }
}

export function toWireObjective({ value, attainment, errorBudget, ...report }: ObjectiveReport): ObjectiveInput {
  return {
    ...report,
    ...(value === undefined ? {} : { value }),
    ...(attainment === undefined ? {} : { attainment }),
    ...(errorBudget === undefined ? {} : { errorBudget }),
  }
}

export function toWireDescription(description: ObjectDescription, stats: QueryStats): DescribeQueryResponseInput {
  const { name, detail, sql, schema, properties } = description
  return {
    summary: toWireSummary(name, detail, stats),
    sql,
    schema: schema === undefined ? null : toWireSchema(schema),
    properties: { ...properties },
    stats: toWireStats(stats),
  }
}

function toWireStats(stats: QueryStats): QueryStatsInput {
  return {
    state: STATES[stats.state],
    error: stats.error ?? '',
    rowsIn: stats.rowsIn,
    rowsOut: stats.rowsOut,
    rowsLate: stats.rowsLate,
    rowsFailed: stats.rowsFailed,
    rowsDuplicate: stats.rowsDuplicate,
    ...watermarkOf(stats.watermark),
    ...(stats.lagRecords === undefined ? {} : { lagRecords: stats.lagRecords }),
    stateBytes: stats.stateBytes,
    epoch: stats.epoch,
    checkpointMillisP95: stats.checkpointMsP95,
    ...(stats.lagMsP95 === undefined ? {} : { lagMillisP95: stats.lagMsP95 }),
  }
}

/** The end of time is the largest number there is. */
function watermarkOf(watermark: number): { watermarkMicros?: string } {
  if (watermark === NO_WATERMARK) return {}
  if (watermark === Number.POSITIVE_INFINITY) return { watermarkMicros: (2n ** 63n - 1n).toString() }
  return { watermarkMicros: String(microsOf(watermark)) }
}
