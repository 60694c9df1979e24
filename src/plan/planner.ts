// The table of contents of planning: bind, optimise, lower. Pure functions of a statement, a catalog and a session;
// what is wrong with the statement comes back as diagnostics, all of it, and nothing is thrown but defects.

import type {
  AlterQuery,
  CreateAs,
  CreateMaterializedView,
  CreateSink,
  CreateStream,
  CreateTable,
  CreateView,
  Insert,
  Property,
  Query,
  Statement,
} from '../../grammar/ast.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { print } from '../../grammar/index.ts'
import type { Span } from '../../grammar/span.ts'
import type { DurationMs } from '../core/time.ts'
import { alteredQuery } from './alter.ts'
import { bindQuery } from './bind/bind-query.ts'
import { NO_CLAUSES } from './bind/clauses.ts'
import type { Environment, LateStream, Parameters } from './bind/environment.ts'
import { newEnvironment } from './bind/new-environment.ts'
import { InvalidOption, type SessionOptions, sessionOptions } from './bind/session.ts'
import type { Catalog, SourceRelation, ViewRelation } from './catalog.ts'
import { CatalogWith } from './catalog-with.ts'
import { checkNames, checkPlan, isPull } from './checks.ts'
import { bindSource } from './define.ts'
import { Diagnostics, fail } from './diagnostics.ts'
import { planValues } from './insert-values.ts'
import type { LogicalPlan } from './logical/nodes.ts'
import { checkLookups } from './lookups.ts'
import { literalText } from './options.ts'
import { lower, type SinkTarget } from './physical/lower.ts'
import type { PhysicalPlan, QueryOptions } from './physical/nodes.ts'
import { optimise } from './rules/optimise.ts'
import { insertTarget, resultTarget, sinkTarget, viewOptions } from './targets.ts'

/** What was planned, or why not: exactly one of the parts, warnings beside either. */
export type Planned<T> = ({ readonly [K in keyof T]: T[K] } | { readonly [K in keyof T]?: undefined }) & {
  readonly diagnostics: readonly Diagnostic[]
}

/** The logical plans on the way, for EXPLAIN. */
export interface LogicalPlans {
  readonly bound: LogicalPlan
  readonly optimised: LogicalPlan
}

export interface ContinuousPlan {
  readonly plan: PhysicalPlan
  readonly logical: LogicalPlans
  /** Streams of late rows that come into being with the query. */
  readonly lateStreams: readonly LateStream[]
  /** Relations that it reads. */
  readonly reads: readonly string[]
  /** False where a replay may give other rows: now() and the like. */
  readonly deterministic: boolean
  /** How much of the result log is kept. */
  readonly retentionMs: DurationMs | undefined
  readonly retentionBytes: number | undefined
}

/** A materialized view, a sink, CREATE … AS or INSERT INTO … SELECT: what runs from then on. */
export type ContinuousStatement = CreateMaterializedView | CreateAs | CreateSink | Insert

export interface ContinuousTarget {
  /** Of the query. */
  readonly name: string
  /** Of its result log. */
  readonly topic: string
}

/** A query of a reader: rows as long as it listens, or (`pull`) what is there now. */
export interface TransientTarget {
  readonly kind: 'transient'
}

export type PlannedContinuous = Planned<{ plan: ContinuousPlan }>
export type PlannedTransient = Planned<{ plan: PhysicalPlan; logical: LogicalPlans; pull: boolean }>

/** What a query that stays runs by. */
export function planContinuous(
  statement: ContinuousStatement,
  catalog: Catalog,
  session: ReadonlyMap<string, string>,
  target: ContinuousTarget,
  parameters?: Parameters,
): PlannedContinuous {
  const diagnostics = new Diagnostics()
  const plan = diagnostics.attempt((): ContinuousPlan | undefined => {
    const end = targetOf(statement, catalog, target, diagnostics)
    const options = optionsOf(session, end.queryOptions, statement.span, propertiesOf(statement))
    const environment = newEnvironment({
      catalog,
      diagnostics,
      session: options,
      parameters,
      startup: { kind: 'earliest' },
    })
    const bound = diagnostics.attempt(() => bindQuery(end.query, environment, NO_CLAUSES))
    if (bound === undefined || diagnostics.failed) return undefined
    checkNames(bound.schema, end.query, diagnostics)
    const shaped = end.shape(bound)
    checkPlan(shaped, end.query.span)
    checkLookups(shaped, end.query.span)
    checkLateStreams(environment, target.name)
    if (diagnostics.failed) return undefined
    const optimised = optimise(shaped)
    return {
      plan: lower(optimised, end.sink(optimised), queryOptions(options)),
      logical: { bound: shaped, optimised },
      lateStreams: environment.lateStreams,
      reads: [...environment.reads],
      deterministic: environment.found.nondeterministic === undefined,
      retentionMs: end.retentionMs,
      retentionBytes: end.retentionBytes,
    }
  })
  return plan === undefined ? { diagnostics: diagnostics.all } : { plan, diagnostics: diagnostics.all }
}

/** A SELECT of a reader. */
export function planQuery(
  query: Query,
  catalog: Catalog,
  session: ReadonlyMap<string, string>,
  parameters: Parameters,
  _target: TransientTarget = { kind: 'transient' },
): PlannedTransient {
  const diagnostics = new Diagnostics()
  const planned = diagnostics.attempt(() => {
    const options = optionsOf(session, new Map(), query.span)
    const pull = isPull(query, catalog)
    const environment = newEnvironment({
      catalog,
      diagnostics,
      session: options,
      parameters,
      bounded: pull,
      startup: { kind: 'latest' },
    })
    const bound = bindQuery(query, environment, NO_CLAUSES)
    checkPlan(bound, query.span)
    checkLookups(bound, query.span)
    const [late] = environment.lateStreams
    if (late !== undefined) {
      fail(late.span, 'INVALID_LATENESS', 'LATE ROWS INTO needs a query that stays', {
        hint: 'Use it in a materialized view or a sink.',
      })
    }
    if (diagnostics.failed) return undefined
    const optimised = optimise(bound)
    const plan = lower(optimised, RESULT_OF_READER, queryOptions(options))
    return { plan, logical: { bound, optimised }, pull }
  })
  return planned === undefined ? { diagnostics: diagnostics.all } : { ...planned, diagnostics: diagnostics.all }
}

/** Rows that go to the reader and nowhere else. */
const RESULT_OF_READER: SinkTarget = {
  connector: { kind: 'result', options: {} },
  format: { envelope: 'plain', encoding: 'rows', options: {} },
  schema: undefined,
}

/** CREATE STREAM and CREATE TABLE. */
export function defineSource(
  statement: CreateStream | CreateTable,
  catalog: Catalog,
): Planned<{ relation: SourceRelation }> {
  const diagnostics = new Diagnostics()
  const relation = diagnostics.attempt(() => bindSource(statement, catalog, diagnostics))
  if (relation === undefined || diagnostics.failed) return { diagnostics: diagnostics.all }
  return { relation, diagnostics: diagnostics.all }
}

/** CREATE VIEW: the query is kept as text, and bound now to say what is wrong with it now. */
export function defineView(
  statement: CreateView,
  catalog: Catalog,
  session: ReadonlyMap<string, string>,
): Planned<{ relation: ViewRelation }> {
  const diagnostics = new Diagnostics()
  const relation = diagnostics.attempt((): ViewRelation => {
    const environment = newEnvironment({ catalog, diagnostics, session: optionsOf(session, new Map(), statement.span) })
    const bound = bindQuery(statement.query, environment, NO_CLAUSES)
    checkNames(bound.schema, statement.query, diagnostics)
    checkPlan(bound, statement.query.span)
    return { kind: 'view', name: statement.name.name, sql: print(statement), schema: bound.schema }
  })
  if (relation === undefined || diagnostics.failed) return { diagnostics: diagnostics.all }
  return { relation, diagnostics: diagnostics.all }
}

/** All that is wrong with a script, each statement against the catalog as those before it leave it. */
export function checkScript(
  statements: readonly Statement[],
  catalog: Catalog,
  session: ReadonlyMap<string, string> = new Map(),
): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  const settings = new Map(session)
  const known = new CatalogWith(catalog)
  for (const statement of statements) {
    if (statement.kind === 'set') settings.set(statement.property.key, literalText(statement.property.value))
    else found.push(...checkStatement(statement, known, settings))
  }
  return found
}

function checkStatement(
  statement: Statement,
  catalog: CatalogWith,
  session: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  switch (statement.kind) {
    case 'create-stream':
    case 'create-table': {
      const { relation, diagnostics } = defineSource(statement, catalog)
      if (relation !== undefined) catalog.add(relation)
      return diagnostics
    }
    case 'create-view': {
      const { relation, diagnostics } = defineView(statement, catalog, session)
      if (relation !== undefined) catalog.add(relation)
      return diagnostics
    }
    case 'insert':
      if (statement.source.kind === 'values') return planValues(statement, catalog, 'unknown').diagnostics
      return planContinuous(statement, catalog, session, { name: statement.target.name, topic: '' }).diagnostics
    case 'create-materialized-view':
    case 'create-as':
    case 'create-sink': {
      const name = statement.name.name
      const { plan, diagnostics } = planContinuous(statement, catalog, session, { name, topic: '' })
      if (plan !== undefined)
        catalog.addResults(name, plan.plan.schema, plan.lateStreams, statement.kind !== 'create-sink')
      return diagnostics
    }
    case 'alter-query':
      return checkAlter(statement, catalog)
    case 'query':
      return planQuery(statement, catalog, session, 'unknown').diagnostics
    case 'explain':
      return statement.target.kind === 'identifier' ? [] : checkStatement(statement.target, catalog, session)
    default:
      return []
  }
}

function checkAlter(statement: AlterQuery, catalog: Catalog): readonly Diagnostic[] {
  const { name } = statement.query
  const old = catalog.query(name)
  // Of a script that has not run yet; the statement itself says what is missing.
  if (old === undefined) return []
  const diagnostics = new Diagnostics()
  const changed = diagnostics.attempt(() => alteredQuery(statement, old))
  if (changed === undefined) return diagnostics.all
  return planContinuous(changed.statement, catalog, changed.session, { name, topic: '' }).diagnostics
}

interface End {
  readonly query: Query
  readonly queryOptions: ReadonlyMap<string, string>
  /** Brings the rows into the shape that the target has. */
  readonly shape: (plan: LogicalPlan) => LogicalPlan
  readonly sink: (plan: LogicalPlan) => SinkTarget
  readonly retentionMs: DurationMs | undefined
  readonly retentionBytes: number | undefined
}

function targetOf(
  statement: ContinuousStatement,
  catalog: Catalog,
  target: ContinuousTarget,
  diagnostics: Diagnostics,
): End {
  switch (statement.kind) {
    case 'create-materialized-view':
    case 'create-as': {
      const options = viewOptions(statement, diagnostics)
      return { query: statement.query, shape: (plan) => plan, sink: () => resultTarget(target), ...options }
    }
    case 'create-sink':
      return sinkTarget(statement, diagnostics)
    case 'insert':
      return insertTarget(statement, catalog)
  }
}

function optionsOf(
  session: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, string>,
  span: Span,
  written: readonly Property[] = [],
): SessionOptions {
  try {
    return sessionOptions(session, own)
  } catch (error) {
    if (!(error instanceof InvalidOption)) throw error
    const { key } = error
    return fail(written.find((one) => one.key === key)?.value.span ?? span, 'INVALID_OPTION', error.message)
  }
}

function propertiesOf(statement: ContinuousStatement): readonly Property[] {
  if (statement.kind === 'insert') return []
  return statement.kind === 'create-sink' ? statement.connector.properties : statement.options
}

function queryOptions(options: SessionOptions): QueryOptions {
  const { guarantee, checkpointIntervalMs, stateTtlMs } = options
  return { guarantee, checkpointIntervalMs, stateTtlMs }
}

function checkLateStreams(environment: Environment, query: string): void {
  const seen = new Set([query])
  for (const { name, span } of environment.lateStreams) {
    const taken = environment.catalog.relation(name)
    // A replaced query takes its stream of late rows over.
    const own = taken?.kind === 'late-stream' && taken.query === query
    if (seen.has(name) || (taken !== undefined && !own)) {
      fail(span, 'DUPLICATE_NAME', `"${name}" exists already, and late rows go into a new stream`)
    }
    seen.add(name)
  }
}
