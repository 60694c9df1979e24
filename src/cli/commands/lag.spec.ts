// `weir lag` against a real server: what a person reads and what a script gets.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { loadConfig } from '../../server/config/config.ts'
import { type RunningServer, startServer } from '../../server/start-server.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { printed } from '../testing/printed.ts'
import { lagCommand } from './lag.ts'

let directory: string
let server: RunningServer

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-lag-'))
  server = await startServer(
    loadConfig({ flags: { listen: '127.0.0.1:0', dataDirectory: directory, logLevel: 'silent', shutdownGraceMs: 0 } }),
  )
})
afterEach(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

function lag(query?: string, json = false, address = server.address) {
  return printed((terminal) => lagCommand(query, { server: address, json }, terminal, {}))
}

async function execute(sql: string): Promise<void> {
  await using client = await WeirClient.connect(server.address)
  await client.execute(sql)
}

const SETUP = `CREATE STREAM s (k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);
  INSERT INTO s VALUES (1, TIMESTAMP '2026-01-15 12:00:00');
  CREATE MATERIALIZED VIEW counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
  CREATE MATERIALIZED VIEW slow AS SELECT max(sha256(CAST(k AS STRING))) AS h FROM s;`

it('tells of every query that runs, partition by partition', async () => {
  await execute(`${SETUP} PAUSE QUERY slow;`)
  const { code, out, err } = await lag()
  expect({ code, err }).toEqual({ code: EXIT_CODES.ok, err: '' })
  expect(out).toMatch(/^counts: running\n {2}it keeps up\n source \| partition \| records behind \| event time /)
  expect(out).toMatch(/\n s +\| +0 \| +0 \| 2026-01-15T12:00:00\.000Z \| +\d+\.\d s\n?/)
  expect(out).not.toContain('slow')
})

it('names the cause, and gives scripts one object a query', async () => {
  await execute(`${SETUP} CREATE STREAM halves (k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts) WITH (partitions = 2);
    INSERT INTO halves VALUES (1, TIMESTAMP '2026-01-15 12:00:00');
    CREATE MATERIALIZED VIEW held AS SELECT k, COUNT(*) AS n FROM halves GROUP BY k;`)
  const { out } = await lag('held', true)
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  const found = JSON.parse(lines[0] ?? '')
  expect(found).toMatchObject({ query: 'held', state: 'running', tasks: { seen: 1, total: 1 }, silentReplicas: [] })
  expect(found.causes).toEqual([expect.stringMatching(/^watermark held back: partition [01] of "halves" holds it/)])
  const partitions = found.partitions.toSorted((a: { holdsWatermark: boolean }) => (a.holdsWatermark ? -1 : 1))
  expect(partitions).toEqual([
    { source: 'halves', partition: expect.any(Number), records: 0, eventTime: null, holdsWatermark: true },
    {
      source: 'halves',
      partition: expect.any(Number),
      records: 0,
      eventTime: '2026-01-15T12:00:00.000Z',
      holdsWatermark: false,
    },
  ])
})

it('says when nothing runs, when there is no such query, and when there is no server', async () => {
  expect(await lag()).toEqual({ code: EXIT_CODES.ok, out: '', err: 'no query runs\n' })
  const unknown = await lag('nothing')
  expect(unknown.code).toBe(EXIT_CODES.failure)
  expect(unknown.err).toContain('nothing')
  const nobody = await lag(undefined, false, '127.0.0.1:1')
  expect(nobody.code).toBe(EXIT_CODES.unreachable)
  expect(nobody.err).toContain('no server answers at 127.0.0.1:1')
})
