import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EXIT_CODES } from '../exit-codes.ts'
import { LocalSession, openRuntime } from '../local-runtime.ts'
import type { Session } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { Completer } from './completion.ts'
import { History } from './history.ts'
import { Repl } from './repl.ts'

const CREATE = `CREATE STREAM orders (id STRING, amount BIGINT) WITH (connector = 'embedded') FORMAT PLAIN ENCODE JSON;`
/** Rows for ever, so that only Ctrl-C ends it. */
const ENDLESS = `CREATE STREAM ticks (n BIGINT) WITH (connector = 'datagen', 'rows-per-second' = '1000');`

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const UP = '\u001b[A'

interface Shell {
  readonly input: PassThrough
  readonly history: History
  readonly session: Session
  /** All that was written to the screen, and apart from it the messages. */
  readonly out: () => string
  readonly err: () => string
  readonly exitCode: Promise<number>
}

const sessions: Session[] = []

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close()
})

async function open(interactive: boolean): Promise<Shell> {
  const session = new LocalSession(await openRuntime({ dataDir: undefined }))
  sessions.push(session)
  const written = { out: '', err: '' }
  const collect = (name: 'out' | 'err') => new PassThrough().on('data', (chunk) => (written[name] += String(chunk)))
  const input = new PassThrough()
  const terminal: Terminal = {
    in: input,
    out: collect('out'),
    err: collect('err'),
    interactive,
    showsProgress: false,
    colour: { out: false, err: false },
    size: () => (interactive ? { columns: 80, rows: 24 } : undefined),
  }
  const history = new History(undefined)
  const repl = new Repl({ session, terminal, history, completer: new Completer(session), interactive })
  return { input, history, session, out: () => written.out, err: () => written.err, exitCode: repl.run() }
}

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 10_000, interval: 10 })

describe('statements from a pipe', () => {
  it('run one after another, also without a last semicolon', async () => {
    const shell = await open(false)
    shell.input.end(`${CREATE}\nSELECT id,\n amount FROM orders\nLIMIT 0; SHOW STREAMS`)
    expect(await shell.exitCode).toBe(EXIT_CODES.ok)
    expect(shell.out()).toContain(' id | amount\n----+--------\n')
    expect(shell.out()).toContain('orders')
  })

  it('stop at the first that fails, with its exit code', async () => {
    const shell = await open(false)
    shell.input.end('SELECT 1 FRMO x;\nSHOW STREAMS;')
    expect(await shell.exitCode).toBe(EXIT_CODES.invalidSql)
    expect(shell.err()).toContain('^')
    expect(shell.out()).toBe('')
  })

  it('may be meta commands', async () => {
    const shell = await open(false)
    shell.input.end(`${CREATE}\n\\o json\n\\d orders\n\\ds\n\\nope\n`)
    expect(await shell.exitCode).toBe(EXIT_CODES.usage)
    expect(shell.out()).toContain('{"column":"amount","type":"BIGINT"')
    expect(shell.out()).toContain('{"name":"orders","kind":"stream"')
    expect(shell.err()).toContain('unknown command \\nope')
  })
})

describe('a file that is included', () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-repl-'))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('runs, and ends when it includes itself', async () => {
    const file = join(directory, 'self.sql')
    writeFileSync(file, `${CREATE.replace('STREAM', 'STREAM IF NOT EXISTS')}\n\\i ${file}\n`)
    const shell = await open(false)
    shell.input.end(`\\i ${file}\n`)
    expect(await shell.exitCode).not.toBe(EXIT_CODES.ok)
    expect(shell.err()).toContain('files include each other more than 8 deep')
  })
})

describe('the shell', () => {
  it('prompts for what a statement waits for, and keeps it whole in the history', async () => {
    const shell = await open(true)
    await eventually(shell.out).toContain('weir> ')
    shell.input.write('SHOW\r')
    await eventually(shell.out).toContain('   -> ')
    shell.input.write('STREAMS;\r')
    await eventually(() => shell.history.newestFirst).toEqual(['SHOW STREAMS;'])
    await eventually(() => shell.out().split('weir> ').length).toBeGreaterThanOrEqual(3)
    shell.input.write(UP)
    await eventually(shell.out).toContain('SHOW STREAMS;')
    shell.input.write(`${CTRL_C}${CTRL_D}`)
    expect(await shell.exitCode).toBe(EXIT_CODES.ok)
  })

  it('goes on after an error', async () => {
    const shell = await open(true)
    shell.input.write('SELECT 1 FRMO x;\r')
    await eventually(shell.err).toContain('error[')
    shell.input.write('\\q\r')
    expect(await shell.exitCode).toBe(EXIT_CODES.ok)
  })

  it('cancels a query that does not end by Ctrl-C, and lives', async () => {
    const shell = await open(true)
    shell.input.write(`${ENDLESS}\r`)
    await eventually(shell.err).not.toBe('')
    shell.input.write('SELECT n FROM ticks EMIT CHANGES;\r')
    await eventually(shell.out).toMatch(/\n +\d+\n/)
    shell.input.write(CTRL_C)
    await eventually(shell.err).toMatch(/[\d,]+ rows, /)
    shell.input.write('\\ds\r')
    await eventually(() => shell.out().slice(shell.out().lastIndexOf('name'))).toContain('ticks')
    shell.input.write(CTRL_D)
    expect(await shell.exitCode).toBe(EXIT_CODES.ok)
  })

  it('clears what is typed by Ctrl-C, and leaves at the second', async () => {
    const shell = await open(true)
    shell.input.write('SELECT 1')
    await eventually(shell.out).toContain('SELECT 1')
    shell.input.write(CTRL_C)
    await eventually(shell.out).toContain('^C')
    shell.input.write(CTRL_C)
    expect(await shell.exitCode).toBe(EXIT_CODES.ok)
    expect(shell.err()).toBe('')
  })
})

describe('completion', () => {
  it('offers keywords in the case that is typed, and names of the catalog', async () => {
    const shell = await open(false)
    for await (const result of shell.session.execute(CREATE)) expect(result.kind).toBe('done')
    const completer = new Completer(shell.session)
    expect(await completer.complete('', 'sel')).toEqual([['select'], 'sel'])
    expect(await completer.complete('', 'SEL')).toEqual([['SELECT'], 'SEL'])
    expect((await completer.complete('SELECT id\n', 'FROM o'))[0]).toContain('orders')
    expect(await completer.complete('', 'SELECT count(*) FROM orders WHERE am')).toEqual([['amount'], 'am'])
    expect(await completer.complete('', '\\ti')).toEqual([['\\timing'], '\\ti'])
    expect(await completer.complete('', '\\d o')).toEqual([['orders'], 'o'])
    expect(await completer.complete('', '\\o j')).toEqual([['json'], 'j'])
    shell.input.end()
    await shell.exitCode
  })

  it('asks the catalog once between two statements', async () => {
    const shell = await open(false)
    const list = vi.spyOn(shell.session, 'list')
    const completer = new Completer(shell.session)
    await completer.complete('', 'SELECT a FROM o')
    const asked = list.mock.calls.length
    await completer.complete('', 'SELECT a FROM or')
    expect(list.mock.calls.length).toBe(asked)
    completer.refresh()
    await completer.complete('', 'SELECT a FROM or')
    expect(list.mock.calls.length).toBe(2 * asked)
    shell.input.end()
    await shell.exitCode
  })
})
