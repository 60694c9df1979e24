// Which rights a statement needs, from its tree alone: what it reads and writes by name, so that who may not is told so
// before anything is looked up. A view is read with the right for the view, whatever it reads itself.

import type { Connector, CreateSink, CreateStream, CreateTable, Identifier, Statement } from '../../grammar/index.ts'
import { parseSecretReference } from '../core/secret-reference.ts'
import { bindConnector, isLogConnector } from '../plan/connectors.ts'
import { Diagnostics } from '../plan/diagnostics.ts'
import { DEFAULT_REGISTRY } from '../plan/format-options.ts'
import type { Need, Resource, Right } from './access.ts'
import type { StoredCatalog } from './catalog.ts'

/** Connectors that reach nothing beyond the log of the server. All others need a right of their own. */
const CONTAINED = new Set(['embedded', 'kafka', 'datagen', 'blackhole'])

export function needsOf(statement: Statement, catalog: StoredCatalog): readonly Need[] {
  switch (statement.kind) {
    case 'query':
      return readsOf(statement, catalog)
    case 'print':
      return [need('read', 'topic', statement.topic.name)]
    case 'create-stream':
    case 'create-table':
    case 'create-sink':
      return [manage(statement.name), ...outsideOf(statement), ...readsOf(statement, catalog)]
    case 'create-as':
    case 'create-materialized-view':
    case 'create-view':
      return [manage(statement.name), ...readsOf(statement, catalog)]
    case 'insert': {
      const own =
        statement.source.kind === 'values' ? [] : [manage({ name: nextInsertName(statement.target, catalog) })]
      return [need('write', 'relation', statement.target.name), ...own, ...readsOf(statement, catalog)]
    }
    case 'drop': {
      const users = statement.cascade ? usersOf(statement.name.name, catalog) : []
      return [statement.name.name, ...users].map((name) => manage({ name }))
    }
    case 'lifecycle': {
      const { query } = statement
      return query === undefined ? catalog.queries().map(manage) : queryAnd(query, catalog).map(manage)
    }
    case 'alter-query':
      return [...queryAnd(statement.query, catalog).map(manage), ...readsOf(statement, catalog)]
    case 'reset-query':
      return queryAnd(statement.query, catalog).map(manage)
    case 'describe':
      return [need('any', 'relation', statement.name.name)]
    case 'explain':
      if (statement.target.kind !== 'identifier') return needsOf(statement.target, catalog)
      return queryAnd(statement.target, catalog).map(({ name }) => need('read', 'relation', name))
    // A list shows what is seen; a setting is the session's own.
    case 'show':
    case 'set':
      return []
    // What does not run yet: with a name of its own or none.
    default:
      return [manage('name' in statement ? statement.name : { name: '*' })]
  }
}

const READING = new Set<Statement['kind']>(['query', 'print', 'show', 'describe', 'explain', 'set'])

export function changesSomething({ kind }: Statement): boolean {
  return !READING.has(kind)
}

/** `INSERT INTO … SELECT` runs on as a query of this name. */
export function nextInsertName(target: Identifier, catalog: StoredCatalog): string {
  for (let n = 1; ; n++) {
    const name = `insert_${target.name}_${n}`
    if (catalog.query(name) === undefined) return name
  }
}

function need(right: Right | 'any', resource: Resource, name: string): Need {
  return { right, resource, name }
}

function manage({ name }: { readonly name: string }): Need {
  return need('manage', 'relation', name)
}

/** The names of relations anywhere in a statement, and those of the streams that late rows go to. */
function readsOf(statement: Statement, catalog: StoredCatalog): readonly Need[] {
  const names = new Set<string>()
  const common = new Set<string>()
  const late = new Set<string>()
  const visit = (node: object): void => {
    if ('kind' in node) {
      if (node.kind === 'named-relation' && 'name' in node) names.add((node.name as Identifier).name)
      if (node.kind === 'common-table' && 'name' in node) common.add((node.name as Identifier).name)
      if (node.kind === 'late-rows' && 'into' in node && node.into) late.add((node.into as Identifier).name)
    }
    for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) visit(child)
  }
  visit(statement)
  if (statement.kind === 'create-sink' && statement.input.kind === 'identifier') names.add(statement.input.name)
  // A name of the query's own is none of the catalog's; where there are both, the right is needed, whoever wins.
  const read = [...names].filter((name) => !common.has(name) || catalog.relation(name) !== undefined)
  return [...read.map((name) => need('read', 'relation', name)), ...[...late].map((name) => manage({ name }))]
}

/** A query by its name, or by that of a relation that it feeds. */
function queryAnd({ name }: Identifier, catalog: StoredCatalog): readonly { readonly name: string }[] {
  const relation = catalog.relation(name)
  const query = relation !== undefined && 'query' in relation ? relation.query : name
  return query === name || query === '' ? [{ name }] : [{ name }, { name: query }]
}

/** What CASCADE drops as well. */
function usersOf(name: string, catalog: StoredCatalog): readonly string[] {
  const users = new Set<string>()
  const add = (dropped: string): void => {
    const fed = catalog.relations().filter((one) => 'query' in one && one.query === dropped)
    const writers = catalog.queries().filter((one) => one.kind === 'insert' && one.target === dropped)
    const readers = [dropped, ...fed.map((one) => one.name)].flatMap((one) => catalog.readersOf(one))
    for (const user of [...readers, ...writers.map((one) => one.name)]) {
      if (user === name || users.has(user)) continue
      users.add(user)
      add(user)
    }
  }
  add(name)
  return [...users]
}

/** Topics, connectors and secrets that a source or sink names. Nothing where it is wrong: then it is not made. */
function outsideOf(statement: CreateStream | CreateTable | CreateSink): readonly Need[] {
  const { connector: node, name } = statement
  const diagnostics = new Diagnostics()
  const use = { role: roleOf(statement), name: name.name, keyed: isKeyed(statement, node), columns: [] } as const
  const bound = diagnostics.attempt(() => bindConnector(node, use, diagnostics))
  if (bound === undefined) return []
  const { connector, format } = bound
  const { topic, 'topic-pattern': pattern, dead_letter_topic: deadLetters } = connector.options
  const registry = format.options['schema.registry']
  const secrets = [...Object.values(connector.options), ...Object.values(format.options)].flatMap((value) => {
    const reference = parseSecretReference(value)
    return reference === undefined ? [] : [`${reference.from}:${reference.name}`]
  })
  return [
    ...(CONTAINED.has(connector.kind) ? [] : [need('manage', 'connector', connector.kind)]),
    ...(isLogConnector(connector.kind) && topic !== undefined && topic !== name.name
      ? [need('manage', 'topic', topic)]
      : []),
    // All topics that there will ever be: only the right for all covers that.
    ...(pattern === undefined ? [] : [need('manage', 'topic', '*')]),
    ...(deadLetters === undefined ? [] : [manage({ name: deadLetters })]),
    ...(deadLetters !== undefined && connector.kind === 'kafka' ? [need('manage', 'topic', deadLetters)] : []),
    ...(registry === undefined || registry === DEFAULT_REGISTRY
      ? []
      : [need('manage', 'connector', 'schema-registry')]),
    ...secrets.map((secret) => need('read', 'secret', secret)),
  ]
}

function roleOf({ kind }: Statement): 'source' | 'sink' {
  return kind === 'create-sink' ? 'sink' : 'source'
}

function isKeyed({ kind }: Statement, { format }: Connector): boolean {
  return kind === 'create-sink' ? format?.envelope === 'upsert' : kind === 'create-table'
}
