// How EXPLAIN writes a join: which rows meet, and what is kept of them for how long.

import type { Field } from '../core/schema.ts'
import type { DurationMs } from '../core/time.ts'
import { sinkTarget } from './explain-sink.ts'
import type { JoinMatch, JoinNode } from './logical/join.ts'
import { isLookupJoin } from './lookups.ts'
import type { Expression } from './physical/expression.ts'
import type { JoinStep, JoinType, LookupJoinStep } from './physical/join-steps.ts'
import { printDuration, printExpression } from './print-expression.ts'

export interface JoinText {
  readonly title: string
  readonly details: readonly (string | undefined)[]
}

/** What a logical join and its step have in common. */
interface Joined {
  readonly type: JoinType
  readonly leftKeys: readonly number[]
  readonly rightKeys: readonly number[]
  readonly condition: Expression | undefined
}

export function joinText(joined: Joined, match: JoinMatch, left: readonly Field[], right: readonly Field[]): JoinText {
  const pairs = joined.leftKeys.map((key, i) => `${left[key]?.name} = ${right[joined.rightKeys[i] as number]?.name}`)
  const { condition } = joined
  return {
    title: `${joined.type} by ${pairs.join(', ')}`,
    details: [
      matchText(match),
      condition === undefined ? undefined : `where ${printExpression(condition, [...left, ...right])}`,
    ],
  }
}

export function logicalJoinText(node: JoinNode): JoinText {
  const { left, right, match } = node
  const text = joinText(node, match, left.schema.fields, right.schema.fields)
  return isLookupJoin(node) ? { ...text, details: ['with the row that is found', ...text.details.slice(1)] } : text
}

export function lookupText(step: LookupJoinStep, left: readonly Field[]): JoinText {
  const { options } = step.connector
  const ttl = options['lookup.cache.ttl']
  const { title, details } = joinText({ ...step, rightKeys: step.keys }, { kind: 'latest' }, left, step.columns)
  const columns = step.columns.map(({ name }) => name).join(', ')
  return {
    title,
    details: [
      `asks ${sinkTarget(step.connector)} for ${columns}`,
      ttl === undefined ? undefined : `remembers for ${printDuration(Number(ttl))}`,
      ...details.slice(1),
    ],
  }
}

export function matchOf(step: JoinStep): JoinMatch {
  switch (step.kind) {
    case 'interval-join':
      return { kind: 'interval', lowerMs: step.lowerMs, upperMs: step.upperMs, late: step.latePolicy }
    case 'temporal-join':
      if (step.row !== 'as-of') return { kind: 'latest', many: step.row === 'latest-rows' }
      return { kind: 'as-of', waitMs: step.waitMs ?? 0, late: step.latePolicy }
    case 'table-join':
      return { kind: 'changes', bounded: step.final }
  }
}

function matchText(match: JoinMatch): string | undefined {
  switch (match.kind) {
    case 'interval':
      return `right ${distance(match.lowerMs)} to ${distance(match.upperMs)} the left`
    case 'latest':
      return `with ${match.many ? 'all rows that it has then' : 'the latest row'}, once the table is loaded`
    case 'as-of':
      return `with the row at its event time; waits for the table's watermark, at most ${printDuration(match.waitMs)}`
    case 'changes':
      return match.bounded ? 'of what is there' : 'keeps all rows of both'
  }
}

function distance(ms: DurationMs): string {
  if (ms === 0) return 'at'
  return `${printDuration(Math.abs(ms))} ${ms < 0 ? 'before' : 'after'}`
}
