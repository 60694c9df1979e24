// The statements of earlier sessions, whole and one a line. The file is readable by its owner alone; what begins with
// a space or looks like a credential never gets into it.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { onOneLine } from './split-statements.ts'

/** As many as psql keeps. */
export const HISTORY_ENTRIES_MAX = 500
/** A statement longer than this is a script, not something to find again by the arrow key. */
export const HISTORY_ENTRY_CHARACTERS_MAX = 10_000

const SECRET = /password|passwd|secret|token|credential|api[_.-]?key|sasl|private[_.-]?key/i

/** `WEIR_HISTORY`, else the state directory of the XDG rules. */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['WEIR_HISTORY']
  if (own !== undefined && own !== '') return own
  const state = env['XDG_STATE_HOME']
  return join(state !== undefined && state !== '' ? state : join(homedir(), '.local', 'state'), 'weir', 'history')
}

/** The line as it goes into the history, or undefined when it must not. */
export function historyEntry(typed: string): string | undefined {
  if (/^[ \t]/.test(typed) || SECRET.test(typed)) return undefined
  const entry = onOneLine(typed)
  // A string that spans lines can't be put on one line without changing it.
  if (entry === '' || entry.length > HISTORY_ENTRY_CHARACTERS_MAX || /[\r\n]/.test(entry)) return undefined
  return entry
}

export class History {
  readonly #path: string | undefined
  /** Oldest first. */
  #entries: string[] = []

  /** Without a path nothing is read or kept. */
  constructor(path: string | undefined) {
    this.#path = path
    if (path === undefined || !existsSync(path)) return
    this.#entries = readFileSync(path, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_ENTRIES_MAX)
  }

  /** Newest first, as readline wants them. */
  get newestFirst(): string[] {
    return this.#entries.toReversed()
  }

  add(typed: string): void {
    const entry = historyEntry(typed)
    if (entry === undefined || entry === this.#entries.at(-1)) return
    this.#entries.push(entry)
    if (this.#entries.length > HISTORY_ENTRIES_MAX) this.#entries = this.#entries.slice(-HISTORY_ENTRIES_MAX)
  }

  /** Writes the file; a history that can't be kept is no reason to fail a session, so this says false instead. */
  save(): boolean {
    if (this.#path === undefined) return true
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
      writeFileSync(this.#path, this.#entries.map((entry) => `${entry}\n`).join(''), { mode: 0o600 })
      // The mode above is for a new file only.
      chmodSync(this.#path, 0o600)
      return true
    } catch {
      return false
    }
  }
}
