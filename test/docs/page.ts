// A page of the documentation as what can be run of it: each SQL block with the result that the page shows under it.

/** What a block promises: it runs, or it is refused with the diagnostic that is shown. */
export interface SqlBlock {
  readonly sql: string
  readonly fails: boolean
  readonly shown: ShownResult | undefined
  /** For titles: the line where the block begins. */
  readonly line: number
}

export interface ShownResult {
  readonly format: 'table' | 'json'
  readonly text: string
  /** Where the text stands in the page, to write another in its place. */
  readonly start: number
}

interface Fence {
  readonly info: string
  readonly body: string
  readonly start: number
  readonly end: number
}

const FENCE = /^```([^\n]*)\n([\s\S]*?)^```$/gm

/** Words after `sql` that a block may carry. */
const SQL_INFO = /^sql( error)?$/

/** A result stands right under its SQL: prose between them makes it something else. */
const BETWEEN = /^\s*$/

export function sqlBlocks(page: string): readonly SqlBlock[] {
  const fences: Fence[] = [...page.matchAll(FENCE)].map((match) => ({
    info: match[1] ?? '',
    body: match[2] ?? '',
    start: match.index,
    end: match.index + match[0].length,
  }))
  return fences.flatMap((fence, at): SqlBlock[] => {
    if (!fence.info.startsWith('sql')) return []
    const line = page.slice(0, fence.start).split('\n').length
    const info = SQL_INFO.exec(fence.info)
    if (info === null) throw new Error(`line ${line}: a block is "sql" or "sql error", not "${fence.info}"`)
    const next = fences[at + 1]
    const isResult = next !== undefined && BETWEEN.test(page.slice(fence.end, next.start)) && isResultInfo(next.info)
    const shown = isResult ? resultOf(next) : undefined
    const fails = info[1] !== undefined
    if (fails && shown === undefined) throw new Error(`line ${line}: an error is shown under its SQL`)
    return [{ sql: fence.body, fails, shown, line }]
  })
}

function isResultInfo(info: string): boolean {
  return info === 'text' || info === 'json'
}

function resultOf(fence: Fence): ShownResult {
  const format = fence.info === 'json' ? 'json' : 'table'
  return { format, text: fence.body, start: fence.start + '```'.length + fence.info.length + 1 }
}

/** The page with other results: by position of the old ones. */
export function withResults(page: string, results: ReadonlyMap<ShownResult, string>): string {
  let out = ''
  let from = 0
  for (const [shown, text] of [...results].sort(([a], [b]) => a.start - b.start)) {
    out += page.slice(from, shown.start) + text
    from = shown.start + shown.text.length
  }
  return out + page.slice(from)
}
