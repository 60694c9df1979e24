// `weir sql`: statements from the command line, a file, a pipe or a person, to a server.

import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { VERSION } from '../../core/version.ts'
import { type ConnectionOptions, connectOptions } from '../connection.ts'
import { EXIT_CODES, type ExitCode, UsageError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { printStatement } from '../output/print-statement.ts'
import type { OutputFormat } from '../output/result-writer.ts'
import { reportError } from '../report-error.ts'
import type { Session } from '../session.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'

export interface SqlOptions extends ConnectionOptions {
  readonly execute?: string | undefined
  readonly file?: string | undefined
  readonly output?: OutputFormat | undefined
  readonly local?: boolean | undefined
  readonly dataDir?: string | undefined
}

export async function sqlCommand(
  options: SqlOptions,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  if (options.execute !== undefined && options.file !== undefined) {
    throw new UsageError('--execute and --file exclude each other')
  }
  if (options.dataDir !== undefined && options.local !== true) {
    throw new UsageError('--data-dir needs --local', 'The data directory of a server is set where it is started.')
  }
  const script = await scriptOf(options, terminal)
  const session = await openSession(options, terminal, env)
  try {
    if (script !== undefined) return await runScript(script, options, session, terminal)
    return await runShell(options, session, terminal, env)
  } finally {
    await session.close()
  }
}

/** The statements to run, or undefined when a person types them. */
async function scriptOf(options: SqlOptions, terminal: Terminal): Promise<string | undefined> {
  if (options.execute !== undefined) return options.execute
  const { file } = options
  if (file !== undefined && file !== '-') {
    return readFile(file, 'utf8').catch((cause: unknown) => {
      throw new UsageError(`cannot read file "${file}": ${cause instanceof Error ? cause.message : String(cause)}`)
    })
  }
  return file === '-' ? text(terminal.in) : undefined
}

async function openSession(
  options: SqlOptions,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Session> {
  if (options.local === true) {
    const { LocalSession, openRuntime } = await import('../local-runtime.ts')
    return new LocalSession(
      await openRuntime({ dataDir: options.dataDir, print: (line) => terminal.out.write(`${line}\n`) }),
    )
  }
  const { RemoteSession } = await import('../remote-session.ts')
  return RemoteSession.connect(options.server, await connectOptions(options, env))
}

async function runScript(script: string, options: SqlOptions, session: Session, terminal: Terminal): Promise<ExitCode> {
  const { placedText, splitStatements } = await import('../repl/split-statements.ts')
  const { statements, rest } = splitStatements(script)
  using interrupt = onInterrupt()
  const { signal } = interrupt
  for (const { text, start } of [...statements, { text: rest, start: script.length - rest.length }]) {
    if (text.trim() === '' || signal.aborted) continue
    const sql = placedText(script, start, start + text.length)
    try {
      for await (const result of session.execute(sql, { signal })) {
        await printStatement(result, { terminal, format: options.output ?? 'table', signal })
      }
    } catch (error) {
      if (signal.aborted) break
      return reportError(error, terminal.err, { sql: script, file: options.file, colour: terminal.colour.err })
    }
  }
  return signal.aborted ? EXIT_CODES.interrupted : EXIT_CODES.ok
}

async function runShell(
  options: SqlOptions,
  session: Session,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  const [{ Repl }, { Completer }, { History, historyPath }] = await Promise.all([
    import('../repl/repl.ts'),
    import('../repl/completion.ts'),
    import('../repl/history.ts'),
  ])
  const interactive = terminal.in.isTTY === true && terminal.interactive
  const history = new History(interactive ? historyPath(env) : undefined)
  if (interactive) {
    const place = options.local === true ? 'an engine in this process' : options.server
    const welcome = `weir ${VERSION}, connected to ${place}. \\? for help, \\q to leave.`
    await writeTo(terminal.err, `${paint(welcome, 'dim', terminal.colour.err)}\n`)
  }
  const completer = new Completer(session)
  const repl = new Repl({ session, terminal, history, completer, format: options.output, interactive })
  return repl.run()
}
