import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type ChangeKind, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import { BIGINT, STRING } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import type { Terminal } from '../terminal.ts'
import { footerText, printResults } from './print-results.ts'
import type { OutputFormat } from './result-writer.ts'

const fields = [
  { name: 'region', type: STRING, nullable: true },
  { name: 'orders', type: BIGINT, nullable: false },
]
const appended: Schema = { fields, key: [], timeColumn: undefined, mode: 'append' }
const updated: Schema = { fields, key: [0], timeColumn: undefined, mode: 'retract' }

function rows(...changes: readonly (readonly [ChangeKind, ...Row])[]): ResultEvent {
  return {
    kind: 'rows',
    rows: changes.map(([, ...row]) => row),
    changes: changes.map(([kind]) => kind),
    times: new Float64Array(changes.length),
    resumeToken: '',
    snapshot: false,
  }
}

function watermark(at: number): ResultEvent {
  return { kind: 'watermark', watermark: at, resumeToken: '' }
}

function resultOf(schema: Schema, events: readonly ResultEvent[], continuous = false): ResultStream {
  return {
    schema,
    continuous,
    close: async () => undefined,
    async *[Symbol.asyncIterator]() {
      yield* events
    },
  }
}

interface Shown {
  readonly out: string
  readonly err: string
}

async function shown(results: ResultStream, format: OutputFormat, tty = false): Promise<Shown> {
  const out = new PassThrough()
  const err = new PassThrough()
  const terminal: Terminal = {
    in: new PassThrough(),
    out,
    err,
    interactive: tty,
    showsProgress: false,
    colour: { out: false, err: false },
    size: () => (tty ? { columns: 40, rows: 8 } : undefined),
  }
  await printResults(results, { terminal, format })
  return { out: String(out.read() ?? ''), err: String(err.read() ?? '') }
}

const facts = resultOf(appended, [
  rows([INSERT, 'eu', 12], [INSERT, null, 3]),
  watermark(Date.UTC(2026, 0, 1, 12, 0, 5)),
])
const changes = [
  rows([INSERT, 'eu', 1], [INSERT, 'us', 1]),
  rows([UPDATE_BEFORE, 'eu', 1], [UPDATE_AFTER, 'eu', 2], [DELETE, 'us', 1]),
]

describe('printResults of rows that stay', () => {
  it('as a table, with the footer apart from the data', async () => {
    const { out, err } = await shown(facts, 'table')
    expect(out).toBe([' region | orders', '--------+--------', ' eu     |     12', ' NULL   |      3', ''].join('\n'))
    expect(err).toMatch(/^2 rows, \d+ ms, watermark 12:00:05\n$/)
  })

  it('as JSON: plain objects, one a line, and nothing else', async () => {
    expect(await shown(facts, 'json')).toEqual({
      out: '{"region":"eu","orders":12}\n{"region":null,"orders":3}\n',
      err: '',
    })
  })

  it('as CSV: NULL is empty and empty text is quoted', async () => {
    const odd = resultOf(appended, [rows([INSERT, '', 1], [INSERT, null, 2], [INSERT, 'a "b",\nc', 3])])
    expect((await shown(odd, 'csv')).out).toBe('region,orders\n"",1\n,2\n"a ""b"",\nc",3\n')
  })

  it('one column a line', async () => {
    const { out } = await shown(facts, 'vertical')
    expect(out.split('\n').slice(0, 3)).toEqual([
      '-[ RECORD 1 ]---------------------------',
      'region | eu',
      'orders | 12',
    ])
  })

  it.each<[OutputFormat, string]>([
    ['table', ' region | orders\n--------+--------\n'],
    ['csv', 'region,orders\n'],
    ['json', ''],
    ['vertical', ''],
  ])('shows a result without rows as %s', async (format, out) => {
    expect((await shown(resultOf(appended, []), format)).out).toBe(out)
  })
})

describe('printResults of a changelog', () => {
  it('names the operation in every format', async () => {
    const result = resultOf(updated, changes)
    expect((await shown(result, 'json')).out.split('\n')[2]).toBe('{"op":"-U","row":{"region":"eu","orders":1}}')
    expect((await shown(result, 'csv')).out.split('\n').slice(0, 2)).toEqual(['op,region,orders', '+I,eu,1'])
    expect((await shown(result, 'vertical')).out).toContain('-[ RECORD 5 -D ]-')
    expect((await shown(result, 'table')).out.split('\n').at(-2)).toBe(' -D | us     |      1')
  })

  it('is the table itself on a terminal, with updated rows in their place', async () => {
    const { out } = await shown(resultOf(updated, changes, true), 'table', true)
    const lines = out.trimEnd().split('\n')
    expect(lines).toEqual([' region | orders', '--------+--------', ' eu     |      2', '5 changes (Ctrl-C to stop)'])
  })

  it('goes up by the lines that it painted before', async () => {
    const slow: ResultStream = {
      ...resultOf(updated, [], true),
      async *[Symbol.asyncIterator]() {
        yield rows([INSERT, 'eu', 1])
        await new Promise((resolve) => setTimeout(resolve, 250))
        yield rows([UPDATE_AFTER, 'eu', 2])
      },
    }
    const { out } = await shown(slow, 'table', true)
    expect(out).toContain('\u001b[4A\r\u001b[J')
    expect(out.split('\u001b[4A')).toHaveLength(2)
  })

  it('shows the newest rows when there are more than fit', async () => {
    const many = Array.from({ length: 9 }, (_, at): [ChangeKind, string, number] => [INSERT, `r${at}`, at])
    const { out } = await shown(resultOf(updated, [rows(...many)], true), 'table', true)
    expect(out).toContain('5 older rows not shown, 9 changes')
    expect(out).not.toContain('r4')
    expect(out).toContain('r5')
  })
})

describe('printResults that is interrupted', () => {
  it('shows what had come, and says so', async () => {
    const stop = new AbortController()
    const ended = Promise.withResolvers<void>()
    const endless: ResultStream = {
      ...resultOf(appended, [], true),
      close: async () => ended.resolve(),
      async *[Symbol.asyncIterator]() {
        yield rows([INSERT, 'eu', 1])
        stop.abort()
        await ended.promise
      },
    }
    const out = new PassThrough()
    const terminal = { ...quiet(), out }
    const summary = await printResults(endless, { terminal, format: 'json', signal: stop.signal })
    expect(String(out.read())).toBe('{"region":"eu","orders":1}\n')
    expect(summary).toMatchObject({ rows: 1, interrupted: true })
  })
})

function quiet(): Terminal {
  return {
    in: new PassThrough(),
    out: new PassThrough(),
    err: new PassThrough(),
    interactive: false,
    showsProgress: false,
    colour: { out: false, err: false },
    size: () => undefined,
  }
}

describe('footerText', () => {
  it('counts, times and tells how far event time is', () => {
    const at = Date.UTC(2026, 0, 1, 12, 0, 5)
    expect(footerText({ rows: 1234, elapsedMs: 3200, watermark: at })).toBe('1,234 rows, 3.2 s, watermark 12:00:05')
    expect(footerText({ rows: 1, elapsedMs: 12, watermark: undefined })).toBe('1 row, 12 ms')
    expect(footerText({ rows: 0, elapsedMs: 125_000, watermark: Number.POSITIVE_INFINITY })).toBe('0 rows, 2 min 5 s')
  })
})
