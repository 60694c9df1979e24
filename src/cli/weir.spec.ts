// The command as a process: what it prints where, and how it ends.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SETTINGS } from '../server/config/config.ts'
import { EXIT_CODES } from './exit-codes.ts'

const WEIR = join(import.meta.dirname, 'weir.ts')
const directory = mkdtempSync(join(tmpdir(), 'weir-cli-'))

afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function weir(args: readonly string[], input = '', env: Record<string, string> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WEIR, ...args], {
    input,
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env['PATH'], ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

function script(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const ROWS = script('rows.jsonl', '{"k":"a","n":1}\n{"k":"b","n":2}\n{"k":"a","n":3}\n')
const STREAM = `CREATE STREAM s (k STRING, n BIGINT) WITH (connector = 'file', path = '${ROWS}') FORMAT PLAIN ENCODE JSON;`

describe('weir', () => {
  it('prints its version and its help, and that is no error', () => {
    expect(weir(['--version'])).toEqual({ code: EXIT_CODES.ok, out: '0.1.0\n', err: '' })
    expect(weir(['--help']).out).toContain('Usage: weir')
  })

  it.each([
    [['sqll'], 'Did you mean sql?'],
    [['run'], "missing required argument 'file'"],
    [['run', '/does/not/exist.sql'], 'cannot read file "/does/not/exist.sql"'],
    [['sql', '-o', 'xml'], 'Allowed choices are table, json, csv, vertical'],
    [['sql', '-e', 'SHOW STREAMS', '-f', 'x.sql'], 'exclude each other'],
    [['sql', '--data-dir', 'x'], '--data-dir needs --local'],
    [['demo', '--rate', '0'], 'whole number above 0'],
  ])('%j is wrong usage', (args, message) => {
    const { code, out, err } = weir(args)
    expect({ code, out }).toEqual({ code: EXIT_CODES.usage, out: '' })
    expect(err).toContain(message)
  })

  it('has the address that a server listens at by default', () => {
    expect(weir(['sql', '--help']).out).toContain(`"${SETTINGS.listen.fallback}"`)
  })
})

describe('weir run', () => {
  it('says on standard error what was left out, and why', () => {
    const lines = script('broken.jsonl', '{"k":"a","n":1}\n{"k":"b","n":"many"}\nno json\n')
    const stream = STREAM.replace(ROWS, lines)
    const { code, out, err } = weir(['run', script('broken.sql', `${stream} SELECT n FROM s;`), '-o', 'json'])
    expect({ code, out }).toEqual({ code: EXIT_CODES.ok, out: '{"n":1}\n' })
    expect(err).toContain('warning: 2 rows left out, the first because: stream "s", offset')
    expect(err).toContain('field "n": expected BIGINT, found "many"')
    const view = weir(['run', script('broken-view.sql', `${stream} CREATE MATERIALIZED VIEW v AS SELECT n FROM s;`)])
    expect(view.err).toContain('warning: query "v" left out 2 rows')
  })

  it('ends with a sink when all is written, and print sinks print', () => {
    const path = script('sink.sql', `${STREAM} CREATE SINK p FROM s WITH (connector = 'print', prefix = 'row ');`)
    const { code, out } = weir(['run', path])
    expect(code).toBe(EXIT_CODES.ok)
    expect(out.split('\n')).toEqual(['row +I {"k":"a","n":1}', 'row +I {"k":"b","n":2}', 'row +I {"k":"a","n":3}', ''])
  })

  it('prints the result of the last query, and nothing but data to standard output', () => {
    const file = script('last.sql', `${STREAM}\nSELECT k FROM s LIMIT 1; SELECT n FROM s WHERE k = 'a';`)
    const { code, out, err } = weir(['run', file])
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out).toBe(' n\n---\n 1\n 3\n')
    expect(err).toMatch(/^2 rows, \d+ ms\n$/)
  })

  it('prints a materialized view that the script ends with, complete', () => {
    const file = script(
      'view.sql',
      `${STREAM} CREATE MATERIALIZED VIEW v AS SELECT k, SUM(n) AS total FROM s GROUP BY k;`,
    )
    const { code, out, err } = weir(['run', file, '--output', 'csv'])
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out.replace(/^op,|^\+I,/gm, '')).toBe('k,total\na,4\nb,2\n')
  })

  it('waits for the views of the script before a SELECT over them', () => {
    const file = script(
      'pull.sql',
      `${STREAM} CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS c FROM s GROUP BY k; SELECT k, c FROM v WHERE k = 'a';`,
    )
    const { code, out, err } = weir(['run', file, '-o', 'json'])
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out).toContain('{"k":"a","c":2}')
  })

  it('takes parameters and standard input', () => {
    const sql = `${STREAM} SELECT n FROM s WHERE k = $1 AND n > $2;`
    const { code, out, err } = weir(['run', '-', '-o', 'json', '-p', 'a', '-p', '1'], sql)
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out).toBe('{"n":3}\n')
  })

  it('runs nothing of a script that does not parse, and points to the place', () => {
    const file = script('bad.sql', `${STREAM}\n\nSELECT n\nFORM s;`)
    const { code, out, err } = weir(['run', file])
    expect({ code, out }).toEqual({ code: EXIT_CODES.invalidSql, out: '' })
    expect(err).toContain(`--> ${file}, line 4, column`)
  })

  it('points into the script also where a later statement does not bind', () => {
    const file = script('unknown.sql', `${STREAM}\n\nSELECT k, m\nFROM s;`)
    const { code, err } = weir(['run', file])
    expect(code).toBe(EXIT_CODES.invalidSql)
    expect(err).toContain(`--> ${file}, line 3, column 11`)
    expect(err).toContain('3 | SELECT k, m\n  |           ^')
  })

  it('keeps what it made in its data directory', () => {
    const data = join(directory, 'data')
    const file = script(
      'make.sql',
      `${STREAM} CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;`,
    )
    expect(weir(['run', file, '-d', data]).code).toBe(EXIT_CODES.ok)
    const { code, out, err } = weir(['run', '-', '-d', data, '-o', 'json'], 'SELECT * FROM v;')
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out.trim().split('\n')).toHaveLength(2)
  })

  it('is ended by Ctrl-C, and shows what it has', async () => {
    const ticks = `CREATE STREAM t (n BIGINT) WITH (connector = 'datagen', 'rows-per-second' = '1000');`
    const file = script('endless.sql', `${ticks} SELECT n FROM t EMIT CHANGES;`)
    const child = spawn(process.execPath, [WEIR, 'run', file, '-o', 'json'])
    let out = ''
    child.stdout.on('data', (chunk) => {
      if (out === '') child.kill('SIGINT')
      out += String(chunk)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(code).toBe(EXIT_CODES.interrupted)
    expect(out).toContain('{"n":')
  })

  it('does not complain about a reader that has enough', async () => {
    const ticks = `CREATE STREAM t (n BIGINT) WITH (connector = 'datagen', 'rows-per-second' = '100000');`
    const file = script('head.sql', `${ticks} SELECT n FROM t EMIT CHANGES;`)
    const child = spawn(process.execPath, [WEIR, 'run', file, '-o', 'json'])
    let err = ''
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, err }).toEqual({ code: EXIT_CODES.ok, err: '' })
  })
})

describe('weir sql', () => {
  it('says that no server answers, and what to do', () => {
    const { code, out, err } = weir(['sql', '-e', 'SHOW STREAMS', '--server', '127.0.0.1:1'])
    expect({ code, out }).toEqual({ code: EXIT_CODES.unreachable, out: '' })
    expect(err).toContain('no server answers at 127.0.0.1:1')
    expect(err).toContain('weir server')
  })

  it('takes the address from WEIR_ADDRESS', () => {
    expect(weir(['sql', '-e', 'SHOW STREAMS'], '', { WEIR_ADDRESS: '127.0.0.1:2' }).err).toContain('127.0.0.1:2')
  })

  it('runs statements on an engine of its own', () => {
    const { code, out, err } = weir(['sql', '--local', '-e', `${STREAM} SELECT n FROM s`, '-o', 'json'])
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out).toBe('{"n":1}\n{"n":2}\n{"n":3}\n')
  })

  it('stops at the first statement that fails', () => {
    const { code, out, err } = weir(['sql', '--local', '-e', `SELECT a FROM nope; ${STREAM} SELECT n FROM s;`])
    expect({ code, out }).toEqual({ code: EXIT_CODES.invalidSql, out: '' })
    expect(err).toContain('nope')
  })

  it('takes statements from a pipe', () => {
    const { code, out, err } = weir(['sql', '--local', '-o', 'csv'], `${STREAM}\nSELECT n\nFROM s;\n`)
    expect(code, err).toBe(EXIT_CODES.ok)
    expect(out).toBe('n\n1\n2\n3\n')
  })
})
