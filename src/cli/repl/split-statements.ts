// Where one statement ends and the next begins while somebody is still typing. The grammar parses whole texts; this
// only has to know what hides a `;`: strings, quoted names and comments, whether or not they are closed yet.

/** What an unfinished text is waiting for; the continuation prompt shows it. */
export type Pending = 'nothing' | 'statement' | 'string' | 'quoted-name' | 'backquoted-name' | 'comment'

export interface SplitStatement {
  /** With its `;`, comments and line breaks as typed. */
  readonly text: string
  /** Offset in the whole text. */
  readonly start: number
}

export interface SplitText {
  readonly statements: readonly SplitStatement[]
  /** What follows the last `;`. */
  readonly rest: string
  readonly pending: Pending
}

// One alternative each: what hides a `;` (closed, then open to the end of the text), `;` itself, anything else.
const PIECE =
  /--[^\r\n]*|\/\*[\s\S]*?\*\/|'[^']*'|"[^"]*"|`[^`]*`|(?<open>\/\*|['"`])[\s\S]*|(?<end>;)|[^;'"`/-]+|[/-]/gy

const PENDING_BY_OPENING: Readonly<Record<string, Pending>> = {
  "'": 'string',
  '"': 'quoted-name',
  '`': 'backquoted-name',
  '/*': 'comment',
}

export function splitStatements(text: string): SplitText {
  const statements: SplitStatement[] = []
  let start = 0
  let content = false
  let pending: Pending = 'nothing'
  for (const match of text.matchAll(PIECE)) {
    const [piece] = match
    const { open, end } = match.groups ?? {}
    if (end !== undefined) {
      const whole = text.slice(start, match.index + 1)
      const statement = whole.trimStart()
      // A lone `;` is no statement: an extra one must not run anything twice.
      if (content) statements.push({ text: statement, start: start + whole.length - statement.length })
      start = match.index + 1
      content = false
    } else if (open !== undefined) {
      pending = PENDING_BY_OPENING[open] ?? 'statement'
      content ||= pending !== 'comment'
    } else if (!isComment(piece) && piece.trim() !== '') content = true
  }
  const rest = text.slice(start)
  return { statements, rest, pending: pending === 'nothing' && content ? 'statement' : pending }
}

/**
 * One part of a script at the place that it has there, all before it blank: spans of its diagnostics are then those
 * of the script.
 */
export function placedText(script: string, start: number, end: number): string {
  return script.slice(0, start).replace(/[^\r\n]/g, ' ') + script.slice(start, end)
}

/** The statement on one line: line comments out, line breaks to spaces outside of quotes. For the history. */
export function onOneLine(statement: string): string {
  let line = ''
  for (const [piece] of statement.matchAll(PIECE)) {
    if (/^['"`]/.test(piece)) line += piece
    else {
      const shown = isComment(piece) ? ' ' : piece.replace(/\s+/g, ' ')
      line += line.endsWith(' ') ? shown.trimStart() : shown
    }
  }
  return line.trim()
}

function isComment(piece: string): boolean {
  return piece.startsWith('--') || piece.startsWith('/*')
}
