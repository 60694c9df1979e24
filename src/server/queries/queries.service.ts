// The use cases of QueryService, free of gRPC: what a script returns, what an explanation is.

import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { parse } from '../../../grammar/index.ts'
import { AppError } from '../../core/errors.ts'
import type { ParameterValue } from '../../core/parameter.ts'
import type { Access } from '../../runtime/access.ts'
import type { ExecuteOptions, ResultEvent, ResultStream, Runtime } from '../../runtime/api.ts'
import { CallError } from '../errors/call-error.ts'
import type { StatementResultInput } from '../proto/weir/v1/StatementResult.ts'
import { toWireResultSet, toWireTextResult } from './queries.mapper.ts'

export interface Script {
  readonly sql: string
  readonly parameters: readonly ParameterValue[]
  /** Changed by SET. */
  readonly session: Map<string, string>
  readonly signal: AbortSignal
  readonly access: Access
}

const EXPLAIN = 'EXPLAIN '

export class QueriesService {
  readonly #runtime: Runtime
  readonly #executeRowsMax: number

  constructor(runtime: Runtime, executeRowsMax: number) {
    this.#runtime = runtime
    this.#executeRowsMax = executeRowsMax
  }

  /** Runs the script to its end; what was done before a failure is told with it. */
  async execute(script: Script): Promise<StatementResultInput[]> {
    const results: StatementResultInput[] = []
    try {
      for await (const result of this.#runtime.execute(script.sql, optionsOf(script))) {
        if (result.kind !== 'rows') results.push(toWireTextResult(result))
        else results.push({ statement: result.statement, rows: await this.#collect(result.results) })
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      throw new CallError(error, { statements_completed: String(results.length) })
    }
    return results
  }

  async query(script: Script): Promise<ResultStream> {
    return this.#runtime.query(script.sql, optionsOf(script))
  }

  validate(sql: string, access: Access): Promise<readonly Diagnostic[]> {
    return this.#runtime.validate(sql, access)
  }

  /** One statement only: what follows a semicolon would be run, not explained. */
  async explain(script: Script): Promise<string> {
    const { statements, diagnostics } = parse(script.sql)
    if (diagnostics.some((diagnostic) => diagnostic.severity === 'error')) throw invalidSql(diagnostics)
    const [statement, ...more] = statements
    if (statement === undefined || more.length > 0) {
      throw new AppError('INVALID_ARGUMENT', `explain takes one statement, not ${statements.length}`)
    }
    const explained = statement.kind === 'explain'
    const sql = explained ? script.sql : EXPLAIN + script.sql
    try {
      for await (const result of this.#runtime.execute(sql, optionsOf(script))) {
        if (result.kind === 'text') return result.text
        if (result.kind === 'rows') await result.results.close()
      }
    } catch (error) {
      throw explained ? error : shiftBack(error, EXPLAIN.length)
    }
    throw new AppError('NOT_SUPPORTED', 'this statement has no plan to explain')
  }

  async #collect(results: ResultStream) {
    try {
      if (results.continuous) {
        throw new AppError('FAILED_PRECONDITION', 'a continuous query does not end, so it has no complete result', {
          hint: 'run it with Query, or leave EMIT out to read the rows as they are now',
        })
      }
      const events: Extract<ResultEvent, { kind: 'rows' }>[] = []
      let rows = 0
      for await (const event of results) {
        if (event.kind !== 'rows') continue
        rows += event.rows.length
        if (rows > this.#executeRowsMax) {
          throw new AppError('RESOURCE_EXHAUSTED', `the result has more than ${this.#executeRowsMax} rows`, {
            hint: 'add a LIMIT, or run it with Query, which streams',
          })
        }
        events.push(event)
      }
      return toWireResultSet(results.schema, events)
    } finally {
      await results.close()
    }
  }
}

function optionsOf({ parameters, session, signal, access }: Script): ExecuteOptions {
  return { parameters, session, signal, access }
}

function invalidSql(diagnostics: readonly Diagnostic[]): AppError {
  return new AppError('INVALID_SQL', diagnostics[0]?.message ?? 'invalid SQL', { diagnostics })
}

/** Places in the user's text, not in the one with a word of ours before it. */
function shiftBack(error: unknown, by: number): unknown {
  if (!(error instanceof AppError) || error.diagnostics.length === 0) return error
  const diagnostics = error.diagnostics.map((diagnostic) => {
    const { start, end, line, column } = diagnostic.span
    const shifted = { start: Math.max(0, start - by), end: Math.max(0, end - by), line }
    return { ...diagnostic, span: { ...shifted, column: line === 1 ? Math.max(1, column - by) : column } }
  })
  const { domain, retry, hint } = error
  return new AppError(error.code, error.message, {
    domain,
    retry,
    diagnostics,
    ...(hint === undefined ? {} : { hint }),
  })
}
