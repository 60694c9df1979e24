// The shell's view of a server, over gRPC and with the real engine behind it: the same as that of an engine in this
// process.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../core/errors.ts'
import type { Row } from '../core/value.ts'
import type { StatementResult } from '../runtime/api.ts'
import { loadConfig } from '../server/config/config.ts'
import { type RunningServer, startServer } from '../server/start-server.ts'
import { LocalSession, openRuntime } from './local-runtime.ts'
import { RemoteSession } from './remote-session.ts'
import type { Session } from './session.ts'

let directory: string
let server: RunningServer
let remote: Session
let local: Session

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-remote-'))
  server = await startServer(
    loadConfig({ flags: { listen: '127.0.0.1:0', dataDirectory: directory, logLevel: 'silent' } }),
  )
  remote = await RemoteSession.connect(server.address)
  local = new LocalSession(await openRuntime({ dataDir: undefined }))
})

afterAll(async () => {
  await remote.close()
  await local.close()
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

async function run(session: Session, sql: string): Promise<StatementResult[]> {
  const results: StatementResult[] = []
  for await (const result of session.execute(sql)) results.push(result)
  return results
}

async function rowsOf(session: Session, sql: string): Promise<readonly Row[]> {
  const [result] = await run(session, sql)
  if (result?.kind !== 'rows') throw new Error(`expected rows, got ${result?.kind}`)
  const rows: Row[] = []
  for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
  return rows
}

async function faultOf(session: Session, sql: string): Promise<AppError> {
  try {
    await run(session, sql)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('expected an AppError')
}

const CREATE = `CREATE STREAM types (b BOOLEAN, i INT, big BIGINT, d DOUBLE, price DECIMAL(12, 2), s STRING, bytes BYTES,
  day DATE, t TIME, ts TIMESTAMP, js JSON, list ARRAY<BIGINT>, m MAP<STRING, BIGINT>, o STRUCT<x BIGINT, y ARRAY<STRING>>)
  WITH (connector = 'file', path = '${join(import.meta.dirname, 'testing', 'types.jsonl')}') FORMAT PLAIN ENCODE JSON`

describe('a server and an engine in this process', () => {
  it('give the same values of every type, exactly', async () => {
    for (const session of [remote, local]) expect((await run(session, CREATE))[0]?.kind).toBe('done')
    const select = "SELECT *, INTERVAL '90.5' SECOND AS pause FROM types"
    const expected = await rowsOf(local, select)
    expect(expected).toHaveLength(2)
    expect(await rowsOf(remote, select)).toEqual(expected)
  })

  it('give the same schema', async () => {
    const [over] = await run(remote, 'SELECT * FROM types')
    const [here] = await run(local, 'SELECT * FROM types')
    if (over?.kind !== 'rows' || here?.kind !== 'rows') throw new Error('expected rows')
    expect(over.results.schema).toEqual(here.results.schema)
    expect(over.results.continuous).toBe(here.results.continuous)
    await over.results.close()
    await here.results.close()
  })

  it('print the same records of a topic, as they come', async () => {
    const setup = 'CREATE STREAM printed (a INT); INSERT INTO printed VALUES (1), (2);'
    for (const session of [remote, local]) await run(session, setup)
    const print = '-- raw\nPRINT printed FROM BEGINNING LIMIT 2'
    const [over] = await run(remote, print)
    expect(over).toMatchObject({ kind: 'rows', statement: 'PRINT' })
    if (over?.kind === 'rows') await over.results.close()
    const shown = async (session: Session) => (await rowsOf(session, print)).map((row) => row.toSpliced(2, 1))
    expect(await shown(local)).toEqual([
      [0, 0, null, '{"a":1}', null],
      [0, 1, null, '{"a":2}', null],
    ])
    expect(await shown(remote)).toEqual(await shown(local))
  })

  it('take the words of a comment for no statement', async () => {
    const comments = ['-- begin with (this), or select it\n', '/* print */ /* with */ ', '--with']
    const sql = `${comments.join('')}\nCREATE STREAM commented (id BIGINT); /* select */`
    for (const session of [remote, local]) expect(await run(session, sql)).toMatchObject([{ kind: 'done' }])
    expect(await rowsOf(remote, '-- create\n/* drop */ SELECT 1 AS one')).toEqual(
      await rowsOf(local, 'SELECT 1 AS one'),
    )
  })

  it('list and describe the same', async () => {
    expect(await remote.list('stream')).toEqual(await local.list('stream'))
    expect((await remote.describe('types')).schema).toEqual((await local.describe('types')).schema)
  })

  it.each(['SELECT nope FROM types', 'SELECT b FORM types', 'CREATE STREAM types (a INT)'])(
    'find the same wrong with %j',
    async (sql) => {
      const over = await faultOf(remote, sql)
      const here = await faultOf(local, sql)
      expect({ ...over, cause: undefined }).toMatchObject({ code: here.code })
      const shown = (error: AppError) =>
        error.diagnostics.map(({ code, message, hint, span }) => ({ code, message, hint, span }))
      expect(shown(over)).toEqual(shown(here))
    },
  )
})

describe('a server that is not there', () => {
  it('is an error that says how to start one', async () => {
    await expect(RemoteSession.connect('127.0.0.1:1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('weir server'),
    })
  })
})
