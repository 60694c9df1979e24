// `weir run FILE`: a script over files, generated rows or the log of a data directory, in this process. Every
// statement runs; the last one's result is printed. A script that ends with a materialized view prints that view
// when its input is read; one that ends with a sink or an INSERT ends when they have written what there is.

import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { hasErrors, parse, type Statement } from '../../../grammar/index.ts'
import { AppError } from '../../core/errors.ts'
import type { Value } from '../../core/value.ts'
import type { Runtime, StatementResult } from '../../runtime/api.ts'
import { EXIT_CODES, type ExitCode, UsageError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { openRuntime } from '../local-runtime.ts'
import { printStatement } from '../output/print-statement.ts'
import type { OutputFormat } from '../output/result-writer.ts'
import { Progress } from '../progress.ts'
import { placedText } from '../repl/split-statements.ts'
import { reportError } from '../report-error.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'
import { untilCaughtUp } from '../until-caught-up.ts'

export interface RunOptions {
  readonly output?: OutputFormat | undefined
  readonly dataDir?: string | undefined
  /** Values of $1, $2, … as typed. */
  readonly params?: readonly string[] | undefined
}

export async function runCommand(file: string, options: RunOptions, terminal: Terminal): Promise<ExitCode> {
  const sql = await readScript(file, terminal)
  const report = { sql, file: file === '-' ? undefined : file, colour: terminal.colour.err }
  let runtime: Runtime | undefined
  try {
    const statements = parseScript(sql)
    runtime = await openRuntime({ dataDir: options.dataDir, print: (line) => terminal.out.write(`${line}\n`) })
    using interrupt = onInterrupt()
    const run = new ScriptRun(runtime, terminal, options, interrupt.signal)
    await run.all(sql, statements)
    return interrupt.signal.aborted ? EXIT_CODES.interrupted : EXIT_CODES.ok
  } catch (error) {
    return reportError(error, terminal.err, report)
  } finally {
    await runtime?.close()
  }
}

async function readScript(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return text(terminal.in)
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`cannot read file "${file}": ${cause instanceof Error ? cause.message : String(cause)}`)
  })
}

/** All of the script must parse before any of it runs. */
function parseScript(sql: string): readonly Statement[] {
  const { statements, diagnostics } = parse(sql)
  if (hasErrors(diagnostics)) throw new AppError('INVALID_SQL', 'the script does not parse', { diagnostics })
  if (statements.length === 0) throw new UsageError('the script holds no statement')
  return statements
}

class ScriptRun {
  readonly #runtime: Runtime
  readonly #terminal: Terminal
  readonly #format: OutputFormat
  readonly #parameters: readonly Value[]
  /** The log is read from its start to where it ends now: a script ends, and all windows close. */
  readonly #session = new Map([
    ['scan.startup.mode', 'earliest'],
    ['scan.bounded.mode', 'latest-offset'],
  ])
  readonly #signal: AbortSignal

  constructor(runtime: Runtime, terminal: Terminal, options: RunOptions, signal: AbortSignal) {
    this.#runtime = runtime
    this.#terminal = terminal
    this.#format = options.output ?? 'table'
    this.#parameters = (options.params ?? []).map(parameterValue)
    this.#signal = signal
  }

  async all(sql: string, statements: readonly Statement[]): Promise<void> {
    for (const [at, statement] of statements.entries()) {
      const last = at === statements.length - 1
      if (last && isPull(statement)) await this.#caughtUp()
      else if (this.#signal.aborted) return
      for await (const result of this.#execute(placedText(sql, statement.span.start, statement.span.end))) {
        if (last && result.kind !== 'done') await this.#print(result)
        else if (result.kind === 'rows') await result.results.close()
      }
      if (!last) continue
      if (makesView(statement)) await this.#printView(statement.name.name)
      else if (statement.kind === 'create-sink' || statement.kind === 'insert') await this.#caughtUp()
    }
  }

  #execute(sql: string): AsyncIterable<StatementResult> {
    return this.#runtime.execute(sql, { parameters: this.#parameters, session: this.#session, ...this.#cancellation })
  }

  /** Who interrupts the wait for a view wants to see it as it is: only a second Ctrl-C leaves the reading of it. */
  get #cancellation(): { readonly signal?: AbortSignal } {
    return this.#signal.aborted ? {} : { signal: this.#signal }
  }

  async #print(result: StatementResult): Promise<void> {
    let rows = 0
    using progress = new Progress(this.#terminal, () => `${rows.toLocaleString('en-US')} rows`)
    await printStatement(result, {
      terminal: this.#terminal,
      format: this.#format,
      ...this.#cancellation,
      onProgress: (count) => {
        // The table itself is the progress as soon as it moves on the same screen.
        if (this.#terminal.interactive) progress[Symbol.dispose]()
        rows = count
      },
    })
  }

  async #printView(name: string): Promise<void> {
    await this.#caughtUp()
    const quoted = `"${name.replaceAll('"', '""')}"`
    for await (const result of this.#execute(`SELECT * FROM ${quoted}`)) await this.#print(result)
  }

  /** Until every query of the script has read what there is; what is interrupted is shown as it is. */
  async #caughtUp(): Promise<void> {
    let read = 0
    using _progress = new Progress(this.#terminal, () => `${read.toLocaleString('en-US')} rows read`)
    const onRead = (rows: number) => {
      read = rows
    }
    const queries = await untilCaughtUp(this.#runtime, { signal: this.#signal, onRead })
    for (const name of queries) await this.#warnOf(name)
  }

  /** What a view lacks is said here: the rows that it shows can't tell. */
  async #warnOf(name: string): Promise<void> {
    const { rowsFailed } = await this.#runtime.stats(name)
    if (rowsFailed === 0) return
    const rows = `${rowsFailed.toLocaleString('en-US')} ${rowsFailed === 1 ? 'row' : 'rows'}`
    const label = paint('warning', 'yellow', this.#terminal.colour.err)
    const hint = 'a stream WITH (dead_letter_topic = …) keeps them, with the reason'
    await writeTo(this.#terminal.err, `${label}: query "${name}" left out ${rows}; ${hint}\n`)
  }
}

function makesView(
  statement: Statement,
): statement is Extract<Statement, { kind: 'create-materialized-view' | 'create-as' }> {
  return statement.kind === 'create-materialized-view' || statement.kind === 'create-as'
}

/** A SELECT that answers once, from what the views hold. */
function isPull(statement: Statement): boolean {
  return statement.kind === 'query' && statement.emit === undefined
}

/** `--param 5` is a number, `--param true` a boolean, `--param eu` a text; `--param '"5"'` is the text 5. */
function parameterValue(typed: string): Value {
  try {
    const value: unknown = JSON.parse(typed)
    if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
      return value
    }
  } catch {
    // Not JSON: the text as it is.
  }
  return typed
}
