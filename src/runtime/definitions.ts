import type {
  AlterQuery,
  CreateStream,
  CreateTable,
  CreateView,
  Drop,
  Identifier,
  Statement,
} from '../../grammar/index.ts'
import { type Diagnostic, errorAt, print } from '../../grammar/index.ts'
import { AppError } from '../core/errors.ts'
import type { MaterializedRelation, QueryEntry, Relation } from '../plan/catalog.ts'
import {
  type ContinuousPlan,
  type ContinuousStatement,
  checkScript,
  defineSource,
  defineView,
  planContinuous,
} from '../plan/planner.ts'
import { createDeadLetterTopic, deadLetterStream, losesItsLastWriter } from './dead-letters.ts'
import { checkStore } from './external-storage.ts'
import { inferColumns, inferScript } from './infer-columns.ts'
import { isTopicOfObject, prefixOf } from './own-topics.ts'
import { createQueryTopics, createSourceTopic, deleteTopic, layOutQuery } from './query-topics.ts'
import { checkSource } from './readers.ts'
import { lateStreamsOf, planAlteration, planReplacement, type Replacement, replacementText } from './replacement.ts'
import { requireRelation } from './require.ts'
import { withTopics } from './scan-topics.ts'
import { withFixedStart } from './start-offset.ts'
import { nextInsertName } from './statement-access.ts'
import type { StatementsOptions } from './statements.ts'
import { ownTopics } from './task-spec.ts'
import { sourceTopic } from './topics.ts'
import { invalidSql } from './weir-runtime.ts'

/**
 * CREATE and DROP. Order matters for a crash in the middle: topics are made before the catalog names them, and the
 * catalog forgets an object before its topics and state go. What is left over is removed at the next start.
 */
export class Definitions {
  readonly #options: StatementsOptions

  constructor(options: StatementsOptions) {
    this.#options = options
  }

  /** Begins the names of the topics that are made here. */
  get #prefix(): string {
    return prefixOf(this.#options.storage)
  }

  async check(script: readonly Statement[]): Promise<readonly Diagnostic[]> {
    const { statements, diagnostics } = await inferScript(script, this.#options.formats)
    return [...diagnostics, ...checkScript(statements, this.#options.catalog)]
  }

  async createSource(written: CreateStream | CreateTable): Promise<string> {
    const { catalog, storage, formats } = this.#options
    const statement = await inferColumns(written, formats)
    const defined = defineSource(statement, catalog)
    if (defined.relation === undefined) throw invalidSql(defined.diagnostics)
    const { relation } = defined
    await checkSource(relation, formats)
    const { name } = relation
    const what = `${relation.kind} "${name}"`
    if (await this.#existsAlready(statement, what)) return `${what} exists already`
    const deadLetter = deadLetterStream(relation, catalog, this.#prefix, this.#options.clock.nowMs())
    await createSourceTopic(storage, relation)
    if (deadLetter !== undefined) await createDeadLetterTopic(storage, deadLetter)
    await catalog.write({ relations: deadLetter === undefined ? [relation] : [relation, deadLetter] })
    return `${what} created`
  }

  async createView(statement: CreateView, session: ReadonlyMap<string, string>): Promise<string> {
    const { catalog } = this.#options
    const defined = defineView(statement, catalog, session)
    if (defined.relation === undefined) throw invalidSql(defined.diagnostics)
    const what = `view "${defined.relation.name}"`
    if (await this.#existsAlready(statement, what)) return `${what} exists already`
    await catalog.write({ relations: [defined.relation] })
    return `${what} created`
  }

  /** A materialized view, a sink, CREATE … AS, or INSERT INTO … SELECT: whatever runs from now on. */
  async createQuery(statement: ContinuousStatement, session: ReadonlyMap<string, string>): Promise<string> {
    const { catalog, jobs, clock, storage } = this.#options
    const name = this.#queryName(statement)
    const what =
      statement.kind === 'create-sink'
        ? `sink "${name}"`
        : statement.kind === 'insert'
          ? `query "${name}"`
          : `materialized view "${name}"`
    if (statement.kind !== 'insert' && this.#isTaken(statement, what)) return `${what} exists already`
    const nowMs = clock.nowMs()
    const topic = `${this.#prefix}.results.${name}.${nowMs.toString(36)}`
    // Planned before the old one goes: a replacement that is refused replaces nothing.
    const planned = planContinuous(statement, catalog, session, { name, topic })
    if (planned.plan === undefined) throw invalidSql(planned.diagnostics)
    if (planned.plan.reads.includes(name)) {
      throw new AppError('FAILED_PRECONDITION', `${what} would read itself`, { hint: 'Choose another name.' })
    }
    await checkStore(planned.plan.plan)
    const old = catalog.query(name)
    const replacement = old && planReplacement(statement, old, catalog, session)
    if (replacement?.keepsState === true) {
      await this.#takeOver(statement, replacement, 'running')
      return `${what} replaced; ${replacementText(replacement)}`
    }
    const plan = await withFixedStart(await withTopics(planned.plan.plan, this.#options), storage.log)
    if (statement.kind !== 'insert') await this.#replace(statement)
    jobs.checkLimit()
    const relations = this.#relationsOf(statement, planned.plan, name, topic)
    const entry = await layOutQuery(storage, queryEntry(statement, { ...planned.plan, plan }, name, nowMs))
    await createQueryTopics(storage, relations, entry, planned.plan)
    await catalog.write({ relations, queries: [entry] })
    try {
      await jobs.start(entry)
    } catch (error) {
      await this.#remove(name, relations)
      throw error
    }
    return replacement === undefined ? `${what} created` : `${what} replaced; ${replacementText(replacement)}`
  }

  /** ALTER: only what can go on with its state. It stays paused where it is. */
  async alterQuery(statement: AlterQuery): Promise<string> {
    const { catalog } = this.#options
    const old = this.requireQuery(statement.query)
    const altered = planAlteration(statement, old, catalog)
    if (altered.keepsState !== true) {
      const message = `query "${old.name}" can't go on with its state: ${altered.keepsState}`
      const hint =
        'CREATE OR REPLACE starts it anew; or create another beside it, and drop this one when it has caught up.'
      throw invalidSql([errorAt(statement.action.span, 'INVALID_QUERY', message, { hint })])
    }
    await checkStore(altered.plan.plan)
    await this.#takeOver(altered.statement, altered, old.state)
    return `query "${old.name}" altered; ${replacementText(altered)}`
  }

  /**
   * The new plan goes on where the old one is. Nothing of the old one has changed when the catalog is written in one
   * step, so a crash leaves the one or the other; a new plan that can't start gives way to the old one.
   */
  async #takeOver(
    statement: ContinuousStatement,
    { old, plan, topic }: Replacement,
    state: QueryEntry['state'],
  ): Promise<void> {
    const { catalog, jobs } = this.#options
    const late = lateStreamsOf(catalog, old.name)
    const relations = this.#relationsOf(statement, plan, old.name, topic).map(
      (relation) => late.find((one) => one.name === relation.name) ?? relation,
    )
    const entry = await layOutQuery(
      this.#options.storage,
      { ...queryEntry(statement, plan, old.name, old.createdAtMs), incarnation: old.incarnation, state },
      old.layout,
    )
    const before = relations.flatMap(({ name }) => catalog.relation(name) ?? [])
    await createQueryTopics(this.#options.storage, relations, entry, plan)
    await jobs.remove(old.name)
    try {
      await catalog.write({ relations, queries: [entry] })
      await jobs.start(entry)
    } catch (error) {
      await jobs.remove(old.name)
      const added = relations.filter(({ name }) => !before.some((one) => one.name === name))
      await catalog.write({ relations: before, queries: [old], dropRelations: added.map(({ name }) => name) })
      if (old.state === 'running') await jobs.start(old)
      throw error
    }
  }

  #relationsOf(
    statement: ContinuousStatement,
    plan: ContinuousPlan,
    name: string,
    topic: string,
  ): MaterializedRelation[] {
    return [
      ...this.#resultRelations(statement, plan, name, topic),
      ...this.#lateStreams(plan, name, this.#options.clock.nowMs()),
    ]
  }

  async dropStatement(statement: Drop): Promise<string> {
    const { catalog } = this.#options
    const { name } = statement.name
    if (statement.object === 'function' || statement.object === 'savepoint') {
      const what = `DROP ${statement.object.toUpperCase()}`
      throw invalidSql([errorAt(statement.span, 'NOT_SUPPORTED', `${what} is not supported yet`)])
    }
    const known = catalog.relation(name) !== undefined || catalog.query(name) !== undefined
    if (!known && statement.ifExists) return `"${name}" does not exist`
    if (known) this.#checkKind(statement)
    return this.drop(name, statement.cascade)
  }

  /** DROP STREAM of a view is a slip, and what it would take away can't be had back. */
  #checkKind({ object, name }: Drop): void {
    const { catalog } = this.#options
    const kinds = kindsOf(catalog.relation(name.name), catalog.query(name.name))
    if (kinds.includes(object)) return
    const [kind = object] = kinds
    throw new AppError('FAILED_PRECONDITION', `"${name.name}" is a ${kind.replaceAll('-', ' ')}`, {
      hint: `Write DROP ${kind.replaceAll('-', ' ').toUpperCase()} ${name.name}.`,
    })
  }

  /** Drops whatever has the name, with its topics and state. */
  async drop(name: string, cascade = false): Promise<string> {
    const { catalog } = this.#options
    const query = catalog.query(name)
    const relation = catalog.relation(name)
    if (query === undefined && relation === undefined) requireRelation(catalog, name)
    const users = this.#usersOf(name, query)
    if (users.length > 0 && !cascade) {
      throw new AppError('FAILED_PRECONDITION', `"${name}" is used by ${quoted(users)}`, {
        hint: `Drop ${quoted(users)} first, or all at once with CASCADE.`,
      })
    }
    // One of them may have gone with another.
    for (const user of users) if (catalog.query(user) !== undefined) await this.drop(user, true)
    if (relation?.kind === 'late-stream' && catalog.query(relation.query) !== undefined) {
      throw new AppError('FAILED_PRECONDITION', `late rows of query "${relation.query}" go to "${name}"`, {
        hint: `Drop "${relation.query}" first.`,
      })
    }
    const owned = catalog.relations().filter((one) => one.name === name || this.#isOwned(one, name, query))
    await this.#remove(query?.name, owned)
    return `"${name}" dropped`
  }

  /** Queries that read what would go, or write into it. */
  #usersOf(name: string, query: QueryEntry | undefined): readonly string[] {
    const { catalog } = this.#options
    const gone = catalog.relations().filter((one) => one.name === name || this.#isOwned(one, name, query))
    const readers = gone.flatMap((one) => catalog.readersOf(one.name))
    const writers = catalog.queries().filter((one) => one.kind === 'insert' && one.target === name)
    const users = new Set([...readers, ...writers.map((one) => one.name)])
    return [...users].filter((user) => user !== name)
  }

  requireQuery(target: Identifier): QueryEntry {
    const { catalog } = this.#options
    const relation = catalog.relation(target.name)
    const query = catalog.query(relation !== undefined && 'query' in relation ? relation.query : target.name)
    if (query !== undefined) return query
    requireRelation(catalog, target.name)
    throw new AppError('FAILED_PRECONDITION', `"${target.name}" is not a query`, {
      hint: 'SHOW QUERIES lists those that run.',
    })
  }

  /** Topics of ours that nothing in the catalog names: what a crash in the middle of CREATE or DROP has left. */
  async removeLeftovers(): Promise<void> {
    if ((await this.#leftovers()).length === 0) return
    // Alone: a topic that the catalog does not name yet may be one that another replica is making.
    await this.#options.catalog.exclusively(async () => {
      for (const name of await this.#leftovers()) await deleteTopic(this.#options.storage, name)
    })
  }

  async #leftovers(): Promise<readonly string[]> {
    const { catalog, storage, clock } = this.#options
    const results = catalog.relations().map((relation) => ('topic' in relation ? relation.topic : ''))
    const own = catalog.queries().flatMap((entry) => ownTopics(entry).map(({ name }) => name))
    const named = new Set([...results, ...own])
    const topics = await storage.log.topicNames()
    return topics.filter((name) => !named.has(name) && isTopicOfObject(name, this.#prefix, clock.nowMs()))
  }

  async #remove(query: string | undefined, relations: readonly Relation[]): Promise<void> {
    const { catalog, jobs } = this.#options
    const entry = query === undefined ? undefined : catalog.query(query)
    if (query !== undefined) await jobs.remove(query)
    await catalog.write({
      dropRelations: relations.map(({ name }) => name),
      dropQueries: query === undefined ? [] : [query],
    })
    if (entry !== undefined) {
      await jobs.dropState(entry)
      for (const { name } of ownTopics(entry)) await deleteTopic(this.#options.storage, name)
    }
    for (const relation of relations) {
      if ('topic' in relation) {
        if (relation.encoding === undefined) await deleteTopic(this.#options.storage, relation.topic)
      } else if (relation.kind !== 'view' && relation.connector.kind === 'embedded') {
        const { name: topic } = sourceTopic(relation)
        const shared = catalog.relations().some((one) => 'connector' in one && sourceTopic(one).name === topic)
        if (!shared) await deleteTopic(this.#options.storage, topic)
      }
    }
  }

  /** OR REPLACE drops what is there; IF NOT EXISTS leaves it; else the name must be free. */
  async #existsAlready(statement: Creation, what: string): Promise<boolean> {
    if (this.#isTaken(statement, what)) return true
    await this.#replace(statement)
    return false
  }

  /** True where IF NOT EXISTS has nothing to do; throws where the name is taken. */
  #isTaken(statement: Creation, what: string): boolean {
    const { catalog } = this.#options
    const { name } = statement.name
    if (catalog.relation(name) === undefined && catalog.query(name) === undefined) return false
    if (statement.ifNotExists) return true
    if (statement.orReplace) return false
    throw new AppError('ALREADY_EXISTS', `${what} exists already`, {
      hint: 'Choose another name, DROP it, or use CREATE OR REPLACE or IF NOT EXISTS.',
    })
  }

  async #replace({ name: { name } }: Creation): Promise<void> {
    const { catalog } = this.#options
    if (catalog.relation(name) !== undefined || catalog.query(name) !== undefined) await this.drop(name)
  }

  #queryName(statement: ContinuousStatement): string {
    if (statement.kind !== 'insert') return statement.name.name
    return nextInsertName(statement.target, this.#options.catalog)
  }

  #resultRelations(
    statement: ContinuousStatement,
    plan: ContinuousPlan,
    name: string,
    topic: string,
  ): MaterializedRelation[] {
    if (statement.kind === 'create-sink' || statement.kind === 'insert') return []
    return [{ kind: 'materialized-view', name, sql: print(statement), schema: plan.plan.schema, topic, query: name }]
  }

  #lateStreams({ lateStreams }: ContinuousPlan, query: string, nowMs: number): MaterializedRelation[] {
    return lateStreams.map(({ name, schema }) => ({
      kind: 'late-stream',
      name,
      sql: `-- late rows of ${query}`,
      schema,
      topic: `${this.#prefix}.late.${name}.${nowMs.toString(36)}`,
      query,
    }))
  }

  /** Late streams go with their query, dead-letter streams with their streams. */
  #isOwned(one: Relation, name: string, query: QueryEntry | undefined): boolean {
    if (!('topic' in one)) return false
    if (one.kind === 'dead-letter-stream') return losesItsLastWriter(one, name, this.#options.catalog)
    return query !== undefined && one.query === query.name
  }
}

function queryEntry(
  statement: ContinuousStatement,
  { plan }: ContinuousPlan,
  name: string,
  createdAtMs: number,
): QueryEntry {
  return {
    name,
    sql: print(statement),
    target: statement.kind === 'insert' ? statement.target.name : name,
    kind: statement.kind === 'create-sink' ? 'sink' : statement.kind === 'insert' ? 'insert' : 'materialized-view',
    plan,
    state: 'running',
    createdAtMs,
  }
}

interface Creation {
  readonly name: Identifier
  readonly orReplace: boolean
  readonly ifNotExists: boolean
}

/** What DROP may call it; the first is what it is. */
function kindsOf(relation: Relation | undefined, query: QueryEntry | undefined): readonly Drop['object'][] {
  if (relation === undefined) return query?.kind === 'sink' ? ['sink', 'query'] : ['query']
  switch (relation.kind) {
    case 'late-stream':
    case 'dead-letter-stream':
      return ['stream']
    case 'materialized-view':
      // CREATE STREAM … AS and CREATE TABLE … AS make views as well.
      return ['materialized-view', 'query', 'stream', 'table']
    default:
      return [relation.kind]
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
