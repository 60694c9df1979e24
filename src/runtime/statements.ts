import type { Explain, Identifier, Literal, Print, Query, Span, Statement } from '../../grammar/index.ts'
import { type Diagnostic, errorAt, parse } from '../../grammar/index.ts'
import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import { typeName } from '../core/type.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import { checkSetting, SESSION_KEYS } from '../plan/bind/session.ts'
import { type Access, resourceOf } from './access.ts'
import type { ExecuteOptions, ObjectKind, ResultStream, StatementResult } from './api.ts'
import type { StoredCatalog } from './catalog.ts'
import { Definitions } from './definitions.ts'
import { analysisText, analyzeQuery } from './explain-analyze.ts'
import { explainStatement } from './explain-statement.ts'
import { insertValues } from './insert-values.ts'
import { describeObject, listObjects } from './inventory.ts'
import type { Jobs } from './jobs.ts'
import type { RuntimeLimits } from './limits.ts'
import { PrintTopics } from './print-topics.ts'
import { resetQuery } from './reset-query.ts'
import { changesSomething, needsOf } from './statement-access.ts'
import { traced } from './tracing.ts'
import { TransientQueries } from './transient-queries.ts'
import type { OtherReplicas } from './view-tables.ts'
import { invalidSql } from './weir-runtime.ts'

/** SQL statements one by one: the table of contents of what a script can do. */
export interface StatementsOptions {
  readonly storage: Storage
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly catalog: StoredCatalog
  readonly jobs: Jobs
  readonly limits: RuntimeLimits
  readonly print?: (line: string) => void
  /** Undefined where this process runs all there is. */
  readonly others: OtherReplicas | undefined
}

export class Statements {
  readonly #options: StatementsOptions
  readonly #definitions: Definitions
  readonly #transient: TransientQueries
  readonly #printed: PrintTopics

  constructor(options: StatementsOptions) {
    this.#options = options
    this.#definitions = new Definitions(options)
    this.#transient = new TransientQueries(options)
    this.#printed = new PrintTopics(options)
  }

  async *execute(sql: string, options: ExecuteOptions): AsyncGenerator<StatementResult> {
    const { statements, diagnostics } = parse(sql)
    if (diagnostics.some(({ severity }) => severity === 'error')) throw invalidSql(diagnostics)
    const session = options.session ?? new Map<string, string>()
    for (const statement of statements) {
      options.signal?.throwIfAborted()
      yield await traced(statementName(statement), () => this.#run(statement, { ...options, session }))
    }
  }

  /** Every diagnostic of a script. Statements see what the ones before them would have created. */
  async validate(sql: string, access?: Access): Promise<readonly Diagnostic[]> {
    const { statements, diagnostics } = parse(sql)
    for (const statement of statements) this.#admit(statement, access, false)
    return [...diagnostics, ...(await this.#definitions.check(statements))]
  }

  async query(statement: Query | Print, options: ExecuteOptions): Promise<ResultStream> {
    this.#admit(statement, options.access)
    return this.#openQuery(statement, options)
  }

  #openQuery(statement: Query | Print, options: ExecuteOptions): Promise<ResultStream> {
    const session = { ...options, session: options.session ?? new Map() }
    return statement.kind === 'print'
      ? this.#printed.open(statement, session)
      : this.#transient.open(statement, session)
  }

  drop(name: string): Promise<string> {
    return this.#options.catalog.exclusively(() => this.#definitions.drop(name))
  }

  removeLeftovers(): Promise<void> {
    return this.#definitions.removeLeftovers()
  }

  async closeTransient(): Promise<void> {
    await Promise.all([this.#transient.closeAll(), this.#printed.closeAll()])
  }

  /** Before anything of a statement is bound: whoever may not run it learns nothing from it. */
  #admit(statement: Statement, access: Access | undefined, changes = changesSomething(statement)): void {
    access?.admit({
      statement: statementName(statement),
      changes,
      needs: needsOf(statement, this.#options.catalog),
    })
  }

  async #run(statement: Statement, options: SessionOptions): Promise<StatementResult> {
    this.#admit(statement, options.access)
    const name = statementName(statement)
    const alone = (run: () => Promise<string>) => this.#options.catalog.exclusively(run)
    const done = (message: string): StatementResult => ({ kind: 'done', statement: name, message })
    switch (statement.kind) {
      case 'query':
      case 'print':
        return { kind: 'rows', statement: name, results: await this.#openQuery(statement, options) }
      case 'create-stream':
      case 'create-table':
        return done(await alone(() => this.#definitions.createSource(statement)))
      case 'create-materialized-view':
      case 'create-as':
      case 'create-sink':
        return done(await alone(() => this.#definitions.createQuery(statement, options.session)))
      case 'create-view':
        return done(await alone(() => this.#definitions.createView(statement, options.session)))
      case 'insert':
        return done(
          statement.source.kind === 'values'
            ? await insertValues(statement, this.#options, options.parameters)
            : await alone(() => this.#definitions.createQuery(statement, options.session)),
        )
      case 'drop':
        return done(await alone(() => this.#definitions.dropStatement(statement)))
      case 'lifecycle':
        return done(await alone(() => this.#lifecycle(statement.action, statement.query)))
      case 'alter-query':
        return done(await alone(() => this.#definitions.alterQuery(statement)))
      case 'reset-query':
        return done(
          await alone(() => resetQuery(statement, this.#definitions.requireQuery(statement.query), this.#options)),
        )
      case 'set':
        return done(setOption(statement, options.session))
      case 'show':
        return this.#show(statement.what, name, options.access)
      case 'describe':
        return this.#describe(statement.name.name, statement.extended, name)
      case 'explain':
        if (statement.mode === 'analyze') {
          return { kind: 'text', statement: name, text: await this.#analyze(statement.target) }
        }
        return {
          kind: 'text',
          statement: name,
          text: explainStatement(statement, this.#options.catalog, options.session, options.parameters),
        }
      default:
        throw notSupported(statement, name)
    }
  }

  async #lifecycle(action: 'pause' | 'resume' | 'terminate', target: Identifier | undefined): Promise<string> {
    const { catalog, jobs } = this.#options
    const queries = target === undefined ? catalog.queries() : [this.#definitions.requireQuery(target)]
    for (const query of queries) {
      if (action === 'pause') await jobs.pause(query)
      else if (action === 'resume') await jobs.resume(query)
      // What an INSERT writes into is not its own.
      else if (catalog.query(query.name) !== undefined) await this.#definitions.drop(query.name, target === undefined)
    }
    const past = { pause: 'paused', resume: 'resumed', terminate: 'terminated' }[action]
    return target === undefined ? `${queries.length} queries ${past}` : `query "${target.name}" ${past}`
  }

  async #analyze(target: Explain['target']): Promise<string> {
    if (target.kind !== 'identifier') {
      const hint = 'EXPLAIN ANALYZE QUERY name; EXPLAIN shows the plan of a statement that does not run.'
      throw invalidSql([errorAt(target.span, 'INVALID_QUERY', 'only a query that runs can be analyzed', { hint })])
    }
    const { name } = this.#definitions.requireQuery(target)
    const job = this.#options.jobs.get(name)
    const { clock, others } = this.#options
    if (job !== undefined) return analysisText(await analyzeQuery(job, clock, others), clock.nowMs())
    throw new AppError('FAILED_PRECONDITION', `query "${name}" does not run`)
  }

  async #show(what: string, statement: string, access: Access | undefined): Promise<StatementResult> {
    const kind = (what === 'queries' ? 'query' : what.replace(/s$/, '')) as ObjectKind
    const seen = (name: string) => kind === 'function' || (access?.sees(resourceOf(kind), name) ?? true)
    const objects = (await listObjects(kind, this.#options)).filter(({ name }) => seen(name))
    const rows = objects.map(({ name, detail }) => [name, detail])
    return { kind: 'table', statement, columns: ['name', DETAIL_COLUMN[kind] ?? 'columns'], rows }
  }

  async #describe(name: string, extended: boolean, statement: string): Promise<StatementResult> {
    const { schema, properties, sql } = await describeObject(name, this.#options)
    const rows = (schema?.fields ?? []).map((field, i) => [
      field.name,
      typeName(field.type),
      field.nullable ? '' : 'NOT NULL',
      [schema?.key.includes(i) ? 'key' : '', schema?.timeColumn === i ? 'event time' : ''].filter(Boolean).join(', '),
    ])
    if (extended) {
      for (const [property, value] of Object.entries(properties)) rows.push([`(${property})`, value, '', ''])
      rows.push(['(sql)', sql, '', ''])
    }
    return { kind: 'table', statement, columns: ['column', 'type', 'null', 'role'], rows }
  }
}

export type SessionOptions = ExecuteOptions & { readonly session: Map<string, string> }

const DETAIL_COLUMN: Partial<Record<ObjectKind, string>> = {
  query: 'state',
  sink: 'state',
  topic: 'contents',
  function: 'meaning',
}

/** `CREATE STREAM`, `SELECT` …: the kind of a node, as SQL says it. */
function statementName(statement: Statement): string {
  if (statement.kind === 'query') return 'SELECT'
  if (statement.kind === 'alter-relation' || statement.kind === 'alter-query') {
    return `ALTER ${statement.object.toUpperCase().replace('-', ' ')}`
  }
  return statement.kind.replaceAll('-', ' ').toUpperCase()
}

function setOption(statement: Extract<Statement, { kind: 'set' }>, session: Map<string, string>): string {
  const { key, keySpan, value } = statement.property
  const text = literalText(value)
  const wrong = checkSetting(key, text)
  if (wrong !== undefined) {
    const span = SESSION_KEYS.includes(key) ? value.span : keySpan
    throw invalidSql([errorAt(span, 'INVALID_OPTION', wrong.message, { hint: wrong.hint })])
  }
  session.set(key, text)
  return `'${key}' is '${text}'`
}

function notSupported(statement: { readonly span: Span }, name: string): AppError {
  return invalidSql([
    errorAt(statement.span, 'NOT_SUPPORTED', `${name} is not supported yet`, {
      hint: 'It parses, and is on the way; docs/sql/status.md says what runs today.',
    }),
  ])
}

/** A setting as the text that options are parsed from. */
export function literalText(literal: Literal): string {
  if ('text' in literal) return literal.text
  return 'value' in literal ? String(literal.value) : ''
}
