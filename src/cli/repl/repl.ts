// The interactive shell: lines in, statements out to a session. Lines are worked off one after another, so that text
// pasted while a query runs is run after it and not lost.
//
// While a result is printed readline must not write to the screen (a live table goes up by the lines that it painted),
// but must go on reading, for Ctrl-C comes as a key: so readline gets a screen of its own that can be muted.

import { readFile } from 'node:fs/promises'
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { unreachable } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { ObjectKind, ObjectSummary } from '../../runtime/api.ts'
import { EXIT_CODES, type ExitCode, exitCodeOf, UsageError } from '../exit-codes.ts'
import { printResults } from '../output/print-results.ts'
import { printStatement, textResults } from '../output/print-statement.ts'
import type { OutputFormat } from '../output/result-writer.ts'
import { errorText } from '../report-error.ts'
import type { Session } from '../session.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'
import type { Completer } from './completion.ts'
import { describeObject } from './describe-object.ts'
import type { History } from './history.ts'
import { isMetaCommand, metaHelp, parseMetaCommand } from './meta-commands.ts'
import { type Pending, splitStatements } from './split-statements.ts'

/** A file that includes itself must end. */
const INCLUDE_DEPTH_MAX = 8

const PROMPT = 'weir> '
const CONTINUATIONS: Readonly<Record<Pending, string>> = {
  nothing: PROMPT,
  statement: '   -> ',
  string: "   '> ",
  'quoted-name': '   "> ',
  'backquoted-name': '   `> ',
  comment: '   *> ',
}

export interface ReplOptions {
  readonly session: Session
  readonly terminal: Terminal
  readonly history: History
  readonly completer: Completer
  readonly format?: OutputFormat | undefined
  /** Input is a person: prompts, history, and an error does not end the session. */
  readonly interactive: boolean
}

export class Repl {
  readonly #options: ReplOptions
  readonly #lines: string[] = []
  #wake: (() => void) | undefined
  #closed = false
  #text = ''
  #format: OutputFormat
  #expanded = false
  #footer = true
  #running: AbortController | undefined
  #interrupts = 0
  #exitCode: ExitCode = EXIT_CODES.ok
  #quit = false

  constructor(options: ReplOptions) {
    this.#options = options
    this.#format = options.format ?? 'table'
  }

  /** Until `\q`, the end of the input, or Ctrl-C twice. */
  async run(): Promise<ExitCode> {
    const { history, interactive } = this.#options
    const ring = history.newestFirst
    const readline = this.#open(ring)
    try {
      for (;;) {
        if (interactive && this.#lines.length === 0) this.#showPrompt(readline)
        const line = await this.#nextLine()
        if (line === undefined) break
        await this.#feed(line, 0)
        // readline put each line of a statement into the ring; a whole statement takes their place.
        if (this.#text === '') ring.splice(0, ring.length, ...history.newestFirst)
        if (this.#quit || (!interactive && this.#exitCode !== EXIT_CODES.ok)) break
      }
      // A last statement may go without its `;` in a file or a pipe; a person who leaves in the middle means to leave.
      if (!interactive && !this.#quit && this.#exitCode === EXIT_CODES.ok) await this.#runPending()
    } finally {
      readline.close()
      if (interactive) history.save()
    }
    return this.#exitCode
  }

  #open(ring: string[]): Interface {
    const { terminal, completer, interactive } = this.#options
    const readline = createInterface({
      input: terminal.in,
      ...(interactive ? { output: this.#screen() } : {}),
      terminal: interactive,
      history: ring,
      historySize: Math.max(1000, ring.length),
      completer: (line: string, callback: (error: null, result: [string[], string]) => void) => {
        const prefix = this.#text === '' ? '' : `${this.#text}\n`
        completer.complete(prefix, line).then(
          (result) => callback(null, result),
          () => callback(null, [[], line]),
        )
      },
    })
    readline.on('line', (line) => {
      this.#lines.push(line)
      this.#wake?.()
    })
    readline.on('close', () => {
      this.#closed = true
      // A person has hung up. The end of a pipe only says that no more statements come.
      if (interactive) this.#running?.abort()
      this.#wake?.()
    })
    readline.on('SIGINT', () => this.#interrupt(readline))
    return readline
  }

  /** What readline draws on: `out`, except while a result is printed there. */
  #screen(): Writable {
    const { terminal } = this.#options
    const screen = new Writable({
      decodeStrings: false,
      write: (chunk, _encoding, done) => {
        if (this.#running === undefined) terminal.out.write(chunk)
        done()
      },
    })
    Object.defineProperty(screen, 'columns', { get: () => terminal.size()?.columns })
    return Object.assign(screen, { isTTY: true })
  }

  #showPrompt(readline: Interface): void {
    this.#options.completer.refresh()
    readline.setPrompt(this.#text === '' ? PROMPT : CONTINUATIONS[splitStatements(this.#text).pending])
    readline.prompt()
  }

  async #nextLine(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#lines.shift()
  }

  /** First: cancels what runs, or clears what was typed. Again with nothing to cancel: leaves. */
  #interrupt(readline: Interface): void {
    const { terminal } = this.#options
    if (this.#running !== undefined && !this.#running.signal.aborted) {
      this.#lines.length = 0
      this.#running.abort()
      return
    }
    const typed = this.#text !== '' || readline.line !== ''
    this.#interrupts += 1
    if (!typed && this.#interrupts >= 2) {
      terminal.out.write('\n')
      readline.close()
      return
    }
    this.#text = ''
    terminal.out.write(typed ? '^C\n' : '\n(Ctrl-C again, Ctrl-D or \\q leaves)\n')
    readline.write(null, { ctrl: true, name: 'e' })
    readline.write(null, { ctrl: true, name: 'u' })
    this.#showPrompt(readline)
  }

  /** False when something in the line failed or was cancelled: what follows it in a file should not run. */
  async #feed(line: string, depth: number): Promise<boolean> {
    this.#interrupts = 0
    if (this.#text === '' && isMetaCommand(line)) {
      if (depth === 0) this.#options.history.add(line)
      return this.#guard(line, () => this.#runMeta(line, depth))
    }
    if (this.#text === '' && line.trim() === '') return true
    const text = this.#text === '' ? line : `${this.#text}\n${line}`
    const { statements, rest, pending } = splitStatements(text)
    this.#text = pending === 'nothing' ? '' : rest.replace(/^\s+(?=\S)/, '')
    if (statements.length > 0 && depth === 0) {
      const typed = pending === 'nothing' ? text : text.slice(0, text.length - rest.length)
      this.#options.history.add(typed)
    }
    for (const statement of statements) {
      if (!(await this.#runStatement(statement.text))) return false
    }
    return true
  }

  async #runPending(): Promise<void> {
    const text = this.#text.trim()
    this.#text = ''
    if (text !== '') await this.#runStatement(text)
  }

  #runStatement(sql: string): Promise<boolean> {
    return this.#guard(sql, async (signal) => {
      const { session, terminal } = this.#options
      for await (const result of session.execute(sql, { signal })) {
        await printStatement(result, { terminal, format: this.#shownFormat, footer: this.#footer, signal })
      }
    })
  }

  /** Runs one thing that Ctrl-C may cancel, and shows its error. */
  async #guard(sql: string, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const { terminal, interactive } = this.#options
    const running = new AbortController()
    const outer = this.#running
    this.#running = running
    try {
      await work(running.signal)
      return !running.signal.aborted
    } catch (error) {
      if (running.signal.aborted) return false
      await writeTo(terminal.err, `${errorText(error, { sql, colour: terminal.colour.err })}\n`)
      if (!interactive) this.#exitCode = exitCodeOf(error)
      return false
    } finally {
      this.#running = outer
    }
  }

  get #shownFormat(): OutputFormat {
    return this.#expanded && this.#format === 'table' ? 'vertical' : this.#format
  }

  async #runMeta(line: string, depth: number): Promise<void> {
    const { session, terminal } = this.#options
    const command = parseMetaCommand(line)
    switch (command.kind) {
      case 'list':
        return this.#list(command.objects)
      case 'describe':
        return describeObject(await session.describe(command.name), terminal, this.#shownFormat)
      case 'explain':
        await this.#runStatement(/^explain\b/i.test(command.sql) ? command.sql : `EXPLAIN ${command.sql}`)
        return
      case 'expanded':
        this.#expanded = !this.#expanded
        return this.#say(`expanded display is ${this.#expanded ? 'on' : 'off'}`)
      case 'timing':
        this.#footer = !this.#footer
        return this.#say(`timing is ${this.#footer ? 'on' : 'off'}`)
      case 'output':
        this.#format = command.format
        return this.#say(`output format is ${command.format}`)
      case 'include':
        return this.#include(command.path, depth)
      case 'help':
        return this.#say(metaHelp())
      case 'quit':
        this.#quit = true
        return
      case 'invalid':
        throw new UsageError(command.message, command.hint)
      default:
        return unreachable(command)
    }
  }

  async #list(kinds: readonly ObjectKind[]): Promise<void> {
    const { session, terminal } = this.#options
    const lists = await Promise.all(kinds.map((kind) => session.list(kind)))
    const rows = lists.flat().map((object: ObjectSummary) => [object.name, object.kind, object.detail])
    if (rows.length === 0 && this.#shownFormat === 'table') return this.#say('nothing there yet')
    const results = textResults(['name', 'kind', 'detail'], rows)
    await printResults(results, { terminal, format: this.#shownFormat, footer: false })
  }

  async #include(path: string, depth: number): Promise<void> {
    if (depth >= INCLUDE_DEPTH_MAX) {
      throw new AppError('RESOURCE_EXHAUSTED', `files include each other more than ${INCLUDE_DEPTH_MAX} deep`)
    }
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new UsageError(`cannot read file "${path}": ${cause instanceof Error ? cause.message : String(cause)}`)
    })
    for (const line of text.split(/\r?\n/)) {
      if (!(await this.#feed(line, depth + 1))) {
        this.#text = ''
        return
      }
    }
    await this.#runPending()
  }

  #say(text: string): Promise<void> {
    const { terminal } = this.#options
    return writeTo(terminal.err, `${paint(text, 'dim', terminal.colour.err)}\n`)
  }
}
