// Runs one SQL block as `weir run` does: streams from their start to where they end, statements in order, and what
// counts is the result of the last one. A page may say otherwise with SET.

import { PassThrough } from 'node:stream'
import { parse } from '../../grammar/index.ts'
import { openRuntime } from '../../src/cli/local-runtime.ts'
import { printStatement } from '../../src/cli/output/print-statement.ts'
import { placedText } from '../../src/cli/repl/split-statements.ts'
import { errorText } from '../../src/cli/report-error.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import type { ResultStream, Runtime, StatementResult } from '../../src/runtime/api.ts'
import { TestSchemaRegistry } from '../harness/schema-registry.ts'
import type { SqlBlock } from './page.ts'

/** How long a query that runs beside the statements has to come to the result that is shown. */
const SETTLE_MS = process.env['UPDATE'] === '1' ? 1_000 : 10_000
const POLL_MS = 10

export class PageRun {
  readonly #runtime: Runtime
  readonly #registry: TestSchemaRegistry
  readonly #printed: string[]
  readonly #session = new Map([
    ['scan.startup.mode', 'earliest'],
    ['scan.bounded.mode', 'latest-offset'],
  ])

  private constructor(runtime: Runtime, registry: TestSchemaRegistry, printed: string[]) {
    this.#runtime = runtime
    this.#registry = registry
    this.#printed = printed
  }

  static async open(): Promise<PageRun> {
    const printed: string[] = []
    const registry = await TestSchemaRegistry.open()
    process.env['WEIR_SCHEMA_REGISTRY_URL'] = registry.url
    const runtime = await openRuntime({ dataDir: undefined, print: (line) => printed.push(line) })
    return new PageRun(runtime, registry, printed)
  }

  async close(): Promise<void> {
    await this.#runtime.close()
    await this.#registry[Symbol.asyncDispose]()
  }

  /** What the block prints, or the error that it ends with. */
  async run(block: SqlBlock): Promise<string> {
    let result: string
    try {
      result = await this.#statements(block)
    } catch (error) {
      const text = errorText(error, { sql: block.sql })
      if (!block.fails) throw new Error(text, { cause: error })
      return `${text}\n`
    }
    if (block.fails) throw new Error('the block runs, and the page says that it fails')
    return result
  }

  async #statements({ sql, shown, fails }: SqlBlock): Promise<string> {
    const { statements, diagnostics } = parse(sql)
    if (diagnostics.length > 0) {
      for await (const _ of this.#runtime.execute(sql)) throw new Error('a text that does not parse was run')
    }
    let out = ''
    for (const [at, statement] of statements.entries()) {
      const text = placedText(sql, statement.span.start, statement.span.end)
      const last = at === statements.length - 1
      const repeatable = statement.kind === 'query' || statement.kind === 'describe' || statement.kind === 'show'
      if (repeatable) await this.#caughtUp()
      out = await this.#one(text, last ? shown : undefined)
      if (!last || shown === undefined || fails || !repeatable) continue
      // Queries that never end are behind by as much as they like, so a page waits for them.
      const deadline = performance.now() + SETTLE_MS
      while (out !== shown.text && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        out = await this.#one(text, shown)
      }
    }
    return out
  }

  async #one(sql: string, shown: SqlBlock['shown']): Promise<string> {
    let text = ''
    for await (const result of this.#runtime.execute(sql, { session: this.#session })) {
      text = await this.#print(result, shown)
    }
    return text
  }

  async #print(result: StatementResult, shown: SqlBlock['shown']): Promise<string> {
    if (result.kind === 'done') return `${result.message}\n`
    if (result.kind === 'rows' && result.results.continuous && shown === undefined) {
      await result.results.close()
      return ''
    }
    const out = new PassThrough()
    const rows = shown === undefined ? 0 : rowsOf(shown)
    const printed =
      result.kind === 'rows' && result.results.continuous
        ? { ...result, results: firstRows(result.results, rows) }
        : result
    await printStatement(printed, { terminal: terminalTo(out), format: shown?.format ?? 'table' })
    return String(out.read() ?? '')
  }

  /** Queries over what ends have come to its end; the others are asked again until they show what is expected. */
  async #caughtUp(): Promise<void> {
    const isBehind = async ({ name }: { readonly name: string }) => {
      const { state, lagRecords } = await this.#runtime.stats(name)
      return state === 'running' && lagRecords !== 0
    }
    const deadline = performance.now() + SETTLE_MS
    const someIsBehind = async () => {
      const queries = await this.#runtime.list('query')
      return (await Promise.all(queries.map(isBehind))).includes(true)
    }
    while (performance.now() < deadline && (await someIsBehind())) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** Lines of `print` sinks so far. */
  get printed(): readonly string[] {
    return this.#printed
  }
}

function rowsOf(shown: NonNullable<SqlBlock['shown']>): number {
  const lines = shown.text.split('\n').filter((line) => line !== '').length
  return shown.format === 'json' ? lines : Math.max(0, lines - 2)
}

/** A result that goes on for ever, as far as the page shows it. */
function firstRows(results: ResultStream, count: number): ResultStream {
  return {
    schema: results.schema,
    continuous: results.continuous,
    close: () => results.close(),
    async *[Symbol.asyncIterator]() {
      let rows = 0
      const timer = setTimeout(() => void results.close(), SETTLE_MS)
      try {
        for await (const event of results) {
          yield event
          if (event.kind === 'rows') rows += event.rows.length
          if (rows >= count) return
        }
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

function terminalTo(out: PassThrough): Terminal {
  return {
    in: new PassThrough(),
    out,
    err: new PassThrough().resume(),
    interactive: false,
    showsProgress: false,
    colour: { out: false, err: false },
    size: () => undefined,
  }
}
