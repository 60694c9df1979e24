// Joins: an interval join, a temporal join, or a regular one, by what the two sides are.

import { must } from '../../core/assert.ts'
import { isLeftOnly, type JoinMatch, type JoinNode } from '../logical/join.ts'
import type { LogicalPlan } from '../logical/nodes.ts'
import { expressionSql } from './expressions.ts'
import { Gap } from './gap.ts'
import { type ScriptContext, select } from './queries.ts'
import { derived, type Needs, NOTHING, type Select, selectOf } from './select.ts'
import { sourceSelect } from './sources.ts'
import { intervalText, operand, type Sql } from './text.ts'

const isJoin = (node: { readonly kind: string }) => node.kind === 'join'

export function joinSelect(node: JoinNode, needs: Needs, context: ScriptContext): Select {
  const { match, type } = node
  if (isLeftOnly(type) && match.kind !== 'changes') {
    throw new Gap('IN (SELECT …) or EXISTS over a stream', {
      find: (one) => one.kind === 'in-query' || one.kind === 'exists',
      hint: 'Write it as a join.',
    })
  }
  if (match.kind === 'latest') {
    throw new Gap('a join with the latest row of a table', {
      find: isJoin,
      hint: 'Flink looks up by the clock in other systems only. FOR SYSTEM_TIME AS OF the event time runs in both.',
    })
  }
  if ('late' in match) {
    const text = 'late rows of a join: Flink joins them with what is still there'
    context.note({ text, find: isJoin })
  }
  const timed = { ...needs, time: needs.time || match.kind !== 'changes' }
  const left = side(node.left, timed, context)
  const right = match.kind === 'as-of' ? versioned(node.right, context) : side(node.right, timed, context)
  const columns = [...left.columns, ...right.columns]
  const conditions = [...equalities(node, left, right), ...within(match, left, right)]
  if (node.condition !== undefined) conditions.push(operand(expressionSql(node.condition, columns)))
  const on = conditions.join(' AND ')
  const names = node.schema.fields.map(({ name }) => name)
  if (isLeftOnly(type)) {
    const exists = `EXISTS (SELECT 1 FROM ${right.from} WHERE ${on})`
    return { ...left, where: [type === 'anti' ? `NOT ${exists}` : exists] }
  }
  const asOf = match.kind === 'as-of' ? systemTime(right.from, must(left.time, 'a time')) : right.from
  const from = `${left.from}\n${type.toUpperCase()} JOIN ${asOf} ON ${on}`
  return selectOf(from, columns, names, type === 'right' ? right : left)
}

/** A side under a name of its own. */
function side(node: LogicalPlan, needs: Needs, context: ScriptContext): Select {
  const alias = context.alias()
  if (node.kind === 'scan' && 'connector' in node.relation && node.relation.name !== '') {
    context.useSource(node.relation)
    return { ...sourceSelect(node.relation, node.columns, alias), table: undefined }
  }
  return derived(select(node, needs, context), alias, needs, true)
}

/** The table whose versions are looked up: by its name, since Flink takes no query there. */
function versioned(node: LogicalPlan, context: ScriptContext): Select {
  if (node.kind === 'project') {
    const input = versioned(node.input, context)
    return { ...input, columns: node.expressions.map((one) => expressionSql(one, input.columns)) }
  }
  if (node.kind === 'scan' && 'connector' in node.relation) return side(node, NOTHING, context)
  throw new Gap('FOR SYSTEM_TIME AS OF over a query', { find: isJoin, hint: 'Flink looks versions up in a table.' })
}

/** `users` AS `t2` → `users` FOR SYSTEM_TIME AS OF `t1`.`ts` AS `t2` */
function systemTime(from: string, time: Sql): string {
  const at = from.lastIndexOf(' AS ')
  return `${from.slice(0, at)} FOR SYSTEM_TIME AS OF ${time.text}${from.slice(at)}`
}

function equalities({ leftKeys, rightKeys }: JoinNode, left: Select, right: Select): string[] {
  return leftKeys.map((index, i) => {
    const other = must(right.columns[must(rightKeys[i], 'a key')], 'a key of the right')
    return `${operand(must(left.columns[index], 'a key of the left'))} = ${operand(other)}`
  })
}

function within(match: JoinMatch, left: Select, right: Select): readonly string[] {
  if (match.kind !== 'interval') return []
  const [l, r] = [must(left.time, 'a time').text, must(right.time, 'a time').text]
  const moved = (ms: number) => (ms === 0 ? l : `${l} ${ms < 0 ? '-' : '+'} ${intervalText(Math.abs(ms))}`)
  if (match.lowerMs === 0 && match.upperMs === 0) return [`${l} = ${r}`]
  return [`${r} BETWEEN ${moved(match.lowerMs)} AND ${moved(match.upperMs)}`]
}
