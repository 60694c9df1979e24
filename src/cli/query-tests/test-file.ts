// A file of query tests: a script, and sections with what its streams get and what its queries have to give.
//
//   CREATE STREAM … ; CREATE MATERIALIZED VIEW … ;
//   ==== input orders
//   {"order_id": "1", "ts": "2026-01-01 00:00:01"}
//   ==== expect orders_per_minute
//   {"window_start": "2026-01-01T00:00:00Z", "orders": 1}

import { UsageError } from '../exit-codes.ts'

export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
}

export interface Section {
  readonly kind: 'input' | 'expect'
  /** Of a stream, table or view; empty for the SELECT that the script ends with. */
  readonly name: string
  /** Of its head. */
  readonly line: number
  readonly lines: readonly Line[]
}

export interface TestFile {
  readonly path: string
  /** Before the first section. Its offsets are those of the file. */
  readonly sql: string
  /** Another file with the script, where a section names one. */
  readonly script: string | undefined
  readonly sections: readonly Section[]
}

const HEAD = /^====\s*(.*)$/
const SECTION = /^(script|input|expect)(?:\s+(.+?))?\s*$/
/** Comments of a section, as in SQL. */
const COMMENT = /^\s*(--.*)?$/

/** Throws UsageError, with the line, for what is no such file. */
export function parseTestFile(path: string, text: string): TestFile {
  const lines = text.split(/\r?\n/)
  const heads = lines.flatMap((line, at) => (HEAD.test(line) ? [at] : []))
  const [first = lines.length] = heads
  let script: string | undefined
  const sections: Section[] = []
  for (const [i, at] of heads.entries()) {
    const place = `${path}:${at + 1}`
    const head = HEAD.exec(lines[at] ?? '')?.[1] ?? ''
    const [, kind, name = ''] = SECTION.exec(head) ?? []
    const body = lines.slice(at + 1, heads[i + 1] ?? lines.length)
    if (kind === undefined) {
      throw new UsageError(`${place}: "${head}" is no section`, 'There are: script FILE, input STREAM, expect [NAME].')
    }
    if (kind !== 'expect' && name === '')
      throw new UsageError(`${place}: "${kind}" of what?`, `Write ==== ${kind} NAME.`)
    if (kind === 'script') {
      script = name
      continue
    }
    const kept = body.flatMap((line, below) =>
      COMMENT.test(line) ? [] : [{ number: at + 2 + below, text: line.trim() }],
    )
    sections.push({ kind: kind === 'input' ? 'input' : 'expect', name, line: at + 1, lines: kept })
  }
  if (!sections.some((one) => one.kind === 'expect')) {
    throw new UsageError(`${path}: nothing is expected`, 'Write ==== expect NAME, and a row a line below it.')
  }
  return { path, sql: lines.slice(0, first).join('\n'), script, sections }
}

/** The file with other rows below its `expect` sections; its comments and inputs stay. */
export function withExpected(text: string, rows: ReadonlyMap<Section, readonly string[]>): string {
  const lines = text.split(/\r?\n/)
  for (const [section, expected] of [...rows].sort(([a], [b]) => b.line - a.line)) {
    const last = section.lines.at(-1)?.number ?? section.line
    const between = lines.slice(section.line, last).filter((line) => COMMENT.test(line) && line.trim() !== '')
    lines.splice(section.line, last - section.line, ...between, ...expected)
  }
  return lines.join('\n')
}
