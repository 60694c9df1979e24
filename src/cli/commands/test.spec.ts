import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT_CODES } from '../exit-codes.ts'
import { printed } from '../testing/printed.ts'
import { type TestOptions, testCommand } from './test.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-query-tests-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const SCRIPT = `CREATE STREAM orders (id BIGINT, region STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts EMIT ON EVENT)
  WITH (connector = 'kafka', topic = 'orders', 'scan.startup.mode' = 'latest') FORMAT PLAIN ENCODE AVRO;
CREATE TABLE regions (name STRING PRIMARY KEY, country STRING)
  WITH (connector = 'kafka', topic = 'regions') FORMAT UPSERT ENCODE JSON;
CREATE SINK counts AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region EMIT CHANGES
  WITH (connector = 'kafka', topic = 'out') FORMAT UPSERT ENCODE JSON;
CREATE MATERIALIZED VIEW minutes AS SELECT window_start, COUNT(*) AS n FROM orders
  GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE) LATE ROWS INTO late EMIT FINAL;
`
const INPUT = `==== input regions
{"name": "n", "country": "no"}
{"name": "n", "country": "se"}
==== input orders
-- The third one is late.
{"id": 1, "region": "n", "ts": "2026-01-01 00:00:01"}
{"id": 2, "region": "n", "ts": "2026-01-01 00:02:00"}
{"id": 3, "region": "s", "ts": "2026-01-01 00:00:02"}
`
const EXPECTED = `==== expect counts
{"n": 1, "region": "s"}
{"n": 2, "region": "n"}
==== expect minutes
{"window_start": "2026-01-01 00:00:00", "n": 1}
{"window_start": "2026-01-01T00:02:00Z", "n": 1}
==== expect late
{"id": 3}
`

function file(text: string, name = 'a.test.sql'): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const test = (paths: readonly string[], options: TestOptions = {}) =>
  printed((terminal) => testCommand(paths, options, terminal))

describe('a file of query tests', () => {
  it('passes where its rows come out: of views, sinks and late rows, in any order and with the columns it names', async () => {
    file(SCRIPT + INPUT + EXPECTED)
    const { code, out } = await test([folder])
    expect(out).toContain('1 passed, 0 failed')
    expect(code).toBe(EXIT_CODES.ok)
  })

  it('says what is missing and what is too much, with the line', async () => {
    const path = file(SCRIPT + INPUT + EXPECTED.replace('"n": 2', '"n": 3'))
    const { code, out } = await test([path])
    expect(code).toBe(EXIT_CODES.failure)
    expect(out).toContain(`counts (${path}:17): - is missing, + is too much`)
    expect(out).toContain(`- {"n":3,"region":"n"}   ${path}:19`)
    expect(out).toContain('+ {"n":2,"region":"n"}')
    expect(out).toContain('0 passed, 1 failed')
  })

  it('is what the documentation shows', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/testing.md'), 'utf8')
    const [, shown = ''] = /```sql\n([\s\S]*?)```/.exec(page) ?? []
    expect((await test([file(shown)])).out).toContain('1 passed, 0 failed')
    const { out } = await test([file(shown.replace('"orders": 1', '"orders": 2'))])
    const [, differing = ''] = /```text\n(FAILED[\s\S]*?)```/.exec(page) ?? []
    const plain = (text: string) => text.replaceAll(join(folder, 'a.test.sql'), 'orders.test.sql').replace(/\d+ ms/, '')
    expect(plain(out)).toBe(plain(differing))
  })

  it('compares the SELECT at the end, after its changes', async () => {
    const text = `CREATE STREAM s (k STRING, v INT);
      SELECT k, SUM(v) AS total FROM s GROUP BY k EMIT CHANGES;
==== input s
{"k": "a", "v": 1}
{"k": "a", "v": 2}
==== expect
{"k": "a", "total": 3}
`
    expect((await test([file(text)])).out).toContain('1 passed, 0 failed')
  })

  it('takes its script from another file', async () => {
    writeFileSync(join(folder, 'query.sql'), 'CREATE STREAM s (k STRING); SELECT k FROM s;')
    const path = file('==== script query.sql\n==== input s\n{"k": "a"}\n==== expect\n{"k": "a"}\n')
    expect((await test([path])).code).toBe(EXIT_CODES.ok)
    expect((await test([file('==== script none.sql\n==== expect\n')])).out).toContain('there is no script')
  })

  it('is brought up to date, and keeps its comments', async () => {
    const script = 'CREATE STREAM s (k STRING, v INT); SELECT k, v FROM s;\n==== input s\n{"k": "a", "v": 1}\n'
    const path = file(`${script}==== expect\n-- why\n{"k": "b"}\n`)
    expect((await test([path], { update: true })).code).toBe(EXIT_CODES.ok)
    expect(readFileSync(path, 'utf8')).toBe(`${script}==== expect\n-- why\n{"k":"a"}\n`)
    expect((await test([path])).code).toBe(EXIT_CODES.ok)
  })

  it('is told as JSON, a line a file', async () => {
    const path = file(
      'CREATE STREAM s (k STRING); SELECT k FROM s;\n==== input s\n{"k": "a"}\n==== expect\n{"k": "b"}\n',
    )
    const { out } = await test([path], { json: true })
    expect(JSON.parse(out)).toEqual({
      file: path,
      passed: false,
      differences: [{ of: '', line: 4, missing: ['{"k":"b"}'], unexpected: ['{"k":"a"}'] }],
    })
  })
})

describe('a file that can not be run has one error, with its place', () => {
  const sql = 'CREATE STREAM s (k STRING, v INT);\nSELECT k, v FROM s;\n'
  it.each([
    [`${sql}==== expects\n`, ':3: "expects" is no section'],
    [`${sql}==== input\n==== expect\n`, ':3: "input" of what?'],
    [sql, ': nothing is expected'],
    [`${sql}==== input s\nno\n==== expect\n`, ':4: this is no JSON: no'],
    [`${sql}==== input s\n[1]\n==== expect\n`, ':4: this is no JSON object'],
    [`${sql}==== input other\n{"k": "a"}\n==== expect\n`, ':3: the script makes no stream or table "other"'],
    [`${sql}==== expect\n{"x": 1}\n`, ':4: there is no column "x"'],
    [`${sql}==== expect\n{"v": "many"}\n`, ':4: column "v"'],
    [`${sql}==== expect\n{"v": 1}\n{"k": "a"}\n`, ':5: it has other columns than the first row'],
    ['CREATE STREAM s (k STRING);\n==== expect\n', ':2: the script ends with no SELECT'],
    [`CREATE STREAM s (k STRING);\n\nSELECT l FROM s;\n==== expect\n`, 'line 3, column 8'],
    ['CREATE STREAM s (k STRING);\nSELEC k FROM s;\n==== expect\n', 'line 2, column 1'],
  ])('%j', async (text, error) => {
    const { code, out } = await test([file(text)])
    expect(out).toContain(error)
    expect(out).toContain('0 passed, 1 failed')
    expect(code).toBe(EXIT_CODES.failure)
  })

  it('and one that is not there is a mistake of the command line', async () => {
    expect((await test([join(folder, 'none')])).code).toBe(EXIT_CODES.usage)
    expect((await test([folder])).err).toContain('no file ends in ".test.sql"')
  })
})
