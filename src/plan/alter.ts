// ALTER of a query that runs: its definition with another query or other options, and all the rest as it was.

import { type AlterQuery, type Property, parse, type Query } from '../../grammar/index.ts'
import { SESSION_KEYS } from './bind/session.ts'
import type { QueryEntry } from './catalog.ts'
import { fail } from './diagnostics.ts'
import { literalText } from './options.ts'
import type { PhysicalPlan } from './physical/nodes.ts'
import type { ContinuousStatement } from './planner.ts'

export interface StoredQuery {
  readonly statement: ContinuousStatement
  /** The settings that the query was made under: those of today's session are not its own. */
  readonly session: ReadonlyMap<string, string>
}

/** @throws a diagnostic where the kind of the query is not the one that is named, or an option can't be its own. */
export function alteredQuery({ object, query, action }: AlterQuery, old: QueryEntry): StoredQuery {
  if (object !== 'query' && object !== old.kind) {
    const kind = old.kind === 'insert' ? 'query' : old.kind.replaceAll('-', ' ')
    const hint = `Write ALTER ${kind.toUpperCase()} ${query.name}.`
    fail(query.span, 'INVALID_QUERY', `"${query.name}" is a ${kind}, and no ${object.replaceAll('-', ' ')}`, { hint })
  }
  const { statement: written, session } = storedQuery(old)
  const statement = written.kind === 'insert' ? written : { ...written, name: query }
  if (action.kind === 'query') return { statement: withQuery(statement, action), session }
  if (statement.kind !== 'insert') return { statement: withProperties(statement, action.properties), session }
  // It has no WITH; what can be set for it is what a session can.
  const wrong = action.properties.find(({ key }) => !SESSION_KEYS.includes(key))
  if (wrong !== undefined) {
    fail(wrong.keySpan, 'INVALID_OPTION', `an INSERT has no option "${wrong.key}"`, {
      hint: `There are: ${SESSION_KEYS.join(', ')}.`,
    })
  }
  const set = action.properties.map(({ key, value }) => [key, literalText(value)] as const)
  return { statement, session: new Map([...session, ...set]) }
}

/** A query that runs as the statement that made it. */
export function storedQuery(entry: QueryEntry): StoredQuery {
  return { statement: definitionOf(entry), session: settingsOf(entry.plan) }
}

function definitionOf({ sql, name }: QueryEntry): ContinuousStatement {
  const [statement] = parse(sql).statements
  switch (statement?.kind) {
    case 'create-materialized-view':
    case 'create-as':
    case 'create-sink':
    case 'insert':
      return statement
    default:
      throw new Error(`query "${name}" is stored without its text`)
  }
}

function withQuery(statement: ContinuousStatement, query: Query): ContinuousStatement {
  switch (statement.kind) {
    case 'create-sink':
      return { ...statement, input: query }
    case 'insert':
      return { ...statement, source: query }
    default:
      return { ...statement, query }
  }
}

function withProperties(
  statement: Exclude<ContinuousStatement, { kind: 'insert' }>,
  set: readonly Property[],
): ContinuousStatement {
  const merged = (before: readonly Property[]) => [
    ...before.filter(({ key }) => !set.some((one) => one.key === key)),
    ...set,
  ]
  if (statement.kind !== 'create-sink') return { ...statement, options: merged(statement.options) }
  const { connector } = statement
  return { ...statement, connector: { ...connector, properties: merged(connector.properties) } }
}

function settingsOf({ options, steps }: PhysicalPlan): ReadonlyMap<string, string> {
  const settings = new Map([
    ['processing.guarantee', options.guarantee],
    ['checkpoint.interval', `${options.checkpointIntervalMs} ms`],
    ['state.ttl', options.stateTtlMs === undefined ? '0' : `${options.stateTtlMs} ms`],
  ])
  if (steps.some((step) => 'time' in step && step.time === 'processing')) settings.set('time.mode', 'processing')
  const isBounded = steps.some(
    (step) => step.kind === 'scan' && step.connector.options['scan.bounded.mode'] === 'latest-offset',
  )
  if (isBounded) settings.set('scan.bounded.mode', 'latest-offset')
  return settings
}
