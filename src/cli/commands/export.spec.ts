// `weir export flink` against a real server: the script alone on standard output, and what has no equal as an error.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { loadConfig } from '../../server/config/config.ts'
import { type RunningServer, startServer } from '../../server/start-server.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { printed } from '../testing/printed.ts'
import { type ExportOptions, exportFlinkCommand } from './export.ts'

let directory: string
let server: RunningServer

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-export-'))
  server = await startServer(
    loadConfig({ flags: { listen: '127.0.0.1:0', dataDirectory: directory, logLevel: 'silent', shutdownGraceMs: 0 } }),
  )
})
afterEach(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

function exported(query: string, options: Omit<ExportOptions, 'server'> = {}, address = server.address) {
  return printed((terminal) => exportFlinkCommand(query, { server: address, ...options }, terminal, {}))
}

async function execute(sql: string): Promise<void> {
  await using client = await WeirClient.connect(server.address)
  await client.execute(sql)
}

const STREAM = 'CREATE STREAM s (k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);'

it('writes the script of a query that runs, by the settings that it was made under', async () => {
  await execute(`SET 'time.mode' = 'processing'; SET 'processing.guarantee' = 'at-least-once'; ${STREAM}
    CREATE SINK "Odd ""name" AS SELECT k, COUNT(*) AS n FROM s GROUP BY k, TUMBLE(ts, INTERVAL '1' SECOND)
      EMIT FINAL WITH (topic = 'out');`)
  const options = { brokers: "a:1,b:2'", sinkTopic: 'shadow', bounded: true }
  const { code, out, err } = await exported('Odd "name', options)
  expect({ code, err }).toEqual({ code: EXIT_CODES.ok, err: '' })
  expect(out).toMatch(/^-- Flink SQL 1\.20 for the sink "Odd "name" of Weir\n/)
  expect(out).toContain(`'properties.bootstrap.servers' = 'a:1,b:2'''`)
  expect(out).toContain(`'topic' = 'shadow'`)
  expect(out).toContain(`'scan.bounded.mode' = 'latest-offset'`)
  expect(out).toContain('PROCTIME()')
  expect(out).toContain(`SET 'execution.checkpointing.mode' = 'AT_LEAST_ONCE';`)
  expect(out.trimEnd()).toMatch(/GROUP BY `k`, `window_start`, `window_end`;$/)
})

it('follows a view to the streams that it is made of', async () => {
  await execute(`${STREAM} CREATE MATERIALIZED VIEW seconds AS
      SELECT k, window_start, window_end, COUNT(*) AS n FROM s GROUP BY k, TUMBLE(ts, INTERVAL '1' SECOND) EMIT FINAL;
    CREATE SINK minutes AS SELECT k, SUM(n) AS n FROM seconds GROUP BY k, TUMBLE(window_end, INTERVAL '1' MINUTE)
      EMIT FINAL WITH (topic = 'minutes');`)
  const { out } = await exported('minutes')
  expect(out).toContain('CREATE TEMPORARY VIEW `seconds` AS')
  expect(out.match(/CREATE TABLE `\w+`/g)).toEqual(['CREATE TABLE `s`', 'CREATE TABLE `minutes`'])
})

it('says what has no equal and where, when there is no such query, and when there is no server', async () => {
  await execute(`${STREAM} CREATE MATERIALIZED VIEW hashes AS SELECT hash(k) AS h FROM s;`)
  const gap = await exported('hashes')
  expect(gap).toMatchObject({ code: EXIT_CODES.invalidSql, out: '' })
  expect(gap.err).toContain('Flink SQL has no equal of function "hash", line 1, column ')
  expect(gap.err).toContain(' of query "hashes": hash(k)')
  const unknown = await exported('nothing')
  expect(unknown).toMatchObject({ code: EXIT_CODES.invalidSql, out: '' })
  expect(unknown.err).toContain('there is no query "nothing"')
  expect(await exported('hashes', {}, '127.0.0.1:1')).toMatchObject({ code: EXIT_CODES.unreachable })
})
