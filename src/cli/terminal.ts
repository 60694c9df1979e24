// What the commands know of the terminal they write to: data goes to `out`, everything said about it to `err`. Passed
// in, never taken from `process` by the code that prints, so that a test can read what a user would see.

import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

export interface Terminal {
  readonly in: Readable & { readonly isTTY?: boolean | undefined }
  readonly out: Writable
  readonly err: Writable
  /** `out` is a terminal: tables may be repainted in place and cut to its width. */
  readonly interactive: boolean
  /** `err` is a terminal: progress may be shown there. */
  readonly showsProgress: boolean
  readonly colour: { readonly out: boolean; readonly err: boolean }
  /** Width and height of `out` in cells, as they are now; undefined where it is no terminal. */
  size(): { readonly columns: number; readonly rows: number } | undefined
}

interface TtyLike {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

export interface ProcessLike {
  readonly stdin: Terminal['in']
  readonly stdout: Writable & TtyLike
  readonly stderr: Writable & TtyLike
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Assumed where a terminal does not tell its size. */
const FALLBACK_SIZE = { columns: 80, rows: 24 }

/**
 * Colour is on for a terminal, off with `--no-color`, a non-empty NO_COLOR (no-color.org) or TERM=dumb, and on
 * elsewhere with FORCE_COLOR. An option of the command line wins over the environment.
 */
export function terminalOf(process: ProcessLike, options: { readonly color?: boolean | undefined } = {}): Terminal {
  const { stdout, stderr, env } = process
  const dumb = env['TERM'] === 'dumb'
  const colourOf = (stream: TtyLike): boolean => {
    if (options.color === false) return false
    if ((env['NO_COLOR'] ?? '') !== '') return false
    const forced = env['FORCE_COLOR']
    if (forced !== undefined) return forced !== '0' && forced !== 'false'
    return stream.isTTY === true && !dumb
  }
  return {
    in: process.stdin,
    out: stdout,
    err: stderr,
    interactive: stdout.isTTY === true && !dumb,
    showsProgress: stderr.isTTY === true && !dumb,
    colour: { out: colourOf(stdout), err: colourOf(stderr) },
    size: () =>
      stdout.isTTY === true
        ? { columns: stdout.columns || FALLBACK_SIZE.columns, rows: stdout.rows || FALLBACK_SIZE.rows }
        : undefined,
  }
}

/** Writes and waits while the reader is slower than we are: a pipe into `less` must not fill the memory. */
export async function writeTo(stream: Writable, text: string): Promise<void> {
  if (text === '') return
  if (!stream.write(text)) await once(stream, 'drain')
}

const ESCAPES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const

export type Style = keyof typeof ESCAPES

export function paint(text: string, style: Style, colour: boolean): string {
  return colour && text !== '' ? `\u001b[${ESCAPES[style]}m${text}\u001b[0m` : text
}
