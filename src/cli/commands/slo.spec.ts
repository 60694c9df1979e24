// `weir slo` against a real server: what a person reads and what a script gets.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { loadConfig } from '../../server/config/config.ts'
import { type RunningServer, startServer } from '../../server/start-server.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { printed } from '../testing/printed.ts'
import { sloCommand } from './slo.ts'

let directory: string
let server: RunningServer

async function start(): Promise<void> {
  const flags = { listen: '127.0.0.1:0', dataDirectory: directory, logLevel: 'silent', shutdownGraceMs: 0 }
  server = await startServer(loadConfig({ flags }))
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-slo-'))
  await start()
})
afterEach(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

function slo(query?: string, json = false, address = server.address) {
  return printed((terminal) => sloCommand(query, { server: address, json }, terminal, {}))
}

async function execute(sql: string): Promise<void> {
  await using client = await WeirClient.connect(server.address)
  await client.execute(sql)
}

const SETUP = `CREATE STREAM s (k BIGINT);
  CREATE MATERIALIZED VIEW counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
  CREATE MATERIALIZED VIEW sums AS SELECT SUM(k) AS n FROM s;`

/** Minutes that a server of before has counted: all of them, and the good ones. */
async function withPast(total: number, good: number): Promise<void> {
  await execute(SETUP)
  await server.close()
  const hour = Math.floor(Date.now() / 3_600_000)
  const entries = [['counts', 'checkpoint.duration_ms', [[hour, total, good]]]]
  await writeFile(join(directory, 'slo.json'), JSON.stringify({ version: 1, entries }))
  await start()
}

it('has a line for each objective of each query', async () => {
  await execute(SETUP)
  const { code, out, err } = await slo()
  expect({ code, err }).toEqual({ code: EXIT_CODES.ok, err: '' })
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(2 + 2 * 4)
  expect(lines[0]).toMatch(/query +\| indicator +\| +objective \| +now \| +held \| target \| budget left \| known for/)
  expect(out).toMatch(/counts \| stream\.lag_ms +\| +< 5000 ms \| +\| +\| +99 % \| +\| +0 min/)
  expect(out).toMatch(/sums +\| stream\.duplicate_rate +\| +< 0\.1 %/)
})

it('says for how much of the time an objective held, over a restart', async () => {
  await withPast(400, 399)
  const { code, out } = await slo('counts')
  expect(code).toBe(EXIT_CODES.ok)
  expect(out).toMatch(/checkpoint\.duration_ms \| +< 10000 ms \| +\d+ ms \| 99\.75 % \| +99 % \| +75 % \| +6 h/)
  expect(out).not.toContain('sums')
})

it('fails where an error budget is used up, and is JSON for a script', async () => {
  await withPast(100, 90)
  const { code, out } = await slo('counts', true)
  expect(code).toBe(EXIT_CODES.failure)
  const objectives = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(objectives).toHaveLength(4)
  const [checkpoints] = objectives.filter(({ indicator }) => indicator === 'checkpoint.duration_ms')
  expect(checkpoints).toMatchObject({ query: 'counts', threshold: 10_000, target: 0.99, attainment: 0.9, minutes: 100 })
  expect(checkpoints.errorBudget).toBeCloseTo(-9, 6)
  const [lag] = objectives.filter(({ indicator }) => indicator === 'stream.lag_ms')
  expect(lag).toMatchObject({ value: null, attainment: null, errorBudget: null, minutes: 0 })
})

it('says so where no query runs, and where no server is', async () => {
  expect(await slo()).toEqual({ code: EXIT_CODES.ok, out: '', err: 'no query runs\n' })
  expect((await slo(undefined, false, '127.0.0.1:1')).code).toBe(EXIT_CODES.unreachable)
})
