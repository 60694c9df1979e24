// What a server tells of itself: the page for Prometheus, and traces and metrics sent to a collector.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { loadConfig } from '../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { createLogger } from '../../src/server/telemetry/logger.ts'
import { OtlpCollector } from '../harness/otlp-collector.ts'
import { freeAddress, temporaryDirectory } from './server-process.ts'

const SQL = `CREATE STREAM orders (id BIGINT, region STRING, ts TIMESTAMP,
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (connector = 'embedded');
  CREATE MATERIALIZED VIEW counts AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE);`
const SOON = { timeout: 15_000 }

let directory: string
let server: RunningServer
let client: WeirClient

async function start(flags: Readonly<Record<string, unknown>>): Promise<void> {
  directory = temporaryDirectory()
  const config = loadConfig({ flags: { listen: '127.0.0.1:0', dataDirectory: directory, ...flags } })
  server = await startServer(config, { logger: createLogger('silent') })
  client = await WeirClient.connect(server.address)
}

afterEach(async () => {
  await client.close()
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

async function ingest(count: number): Promise<void> {
  await using writer = client.ingest('orders')
  for (let id = 0; id < count; id++) {
    await writer.write({ id: BigInt(id), region: 'eu', ts: new Date(Date.now() - 500).toISOString() })
  }
}

describe('the page for Prometheus', () => {
  const page = async (path = '/metrics', method = 'GET') => fetch(`http://${server.metrics}${path}`, { method })
  /** The value of a series, by its whole name. */
  const value = async (series: string) => {
    const line = (await (await page()).text()).split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }

  beforeEach(() => start({ metricsListen: '127.0.0.1:0' }))

  it('has the indicators of each query, its operators, and the calls', async () => {
    await client.execute(SQL)
    await ingest(100)
    await expect.poll(() => value('weir_query_rows_total{query="counts",kind="in"}'), SOON).toBe(100)
    expect(await value('weir_query_running{query="counts"}')).toBe(1)
    const lagMs = await value('stream_lag_ms{query="counts",quantile="0.95"}')
    expect(lagMs).toBeGreaterThanOrEqual(500)
    expect(lagMs).toBeLessThan(20_000)
    await expect.poll(() => value('checkpoint_duration_ms{query="counts",quantile="0.95"}'), SOON).toBeGreaterThan(0)
    expect(await value('weir_operator_rows_total{query="counts",operator="scan-orders"}')).toBe(100)
    await ingest(100)
    await expect.poll(() => value('stream_throughput_eps{query="counts"}'), SOON).toBeGreaterThan(0)
    expect(await value('stream_late_event_rate{query="counts"}')).toBe(0)
    const calls = 'rpc_server_call_duration_count{rpc_system_name="grpc",rpc_method="weir.v1.QueryService/Execute"'
    expect(await value(`${calls},rpc_response_status_code="OK"}`)).toBe(1)
    await client.execute('DROP MATERIALIZED VIEW counts;')
    expect(await value('weir_query_running{query="counts"}')).toBeUndefined()
  })

  it('counts a failed call by its code', async () => {
    await client.execute('SELECT nonsense;').catch(() => undefined)
    const calls = 'rpc_server_call_duration_count{rpc_system_name="grpc",rpc_method="weir.v1.QueryService/Execute"'
    expect(await value(`${calls},rpc_response_status_code="INVALID_ARGUMENT"}`)).toBe(1)
  })

  it('is all there is at its address', async () => {
    expect((await page('/')).status).toBe(404)
    expect((await page('/metrics', 'POST')).status).toBe(405)
    expect((await page('/metrics?a=b')).status).toBe(200)
  })

  it.skipIf(spawnSync('promtool', ['--version']).status !== 0)('is what promtool accepts', async () => {
    await client.execute(SQL)
    await ingest(10)
    await expect.poll(() => value('weir_query_rows_total{query="counts",kind="in"}'), SOON).toBe(10)
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
      input: await (await page()).text(),
    })
    expect(`${stdout}${stderr}`.split('\n').filter((line) => !isOurChoice(line))).toEqual([''])
    expect([0, 3]).toContain(status)
  })

  it.skipIf(spawnSync('prometheus', ['--version']).status !== 0)('is scraped by Prometheus itself', async () => {
    await client.execute(SQL)
    await ingest(10)
    const { host, port } = hostAndPort(await freeAddress())
    const config = join(directory, 'prometheus.yml')
    const scrape = `{ job_name: weir, static_configs: [{ targets: ['${server.metrics}'] }] }`
    writeFileSync(config, `global: { scrape_interval: 1s }\nscrape_configs: [${scrape}]\n`)
    const flags = [`--web.listen-address=${host}:${port}`, `--storage.tsdb.path=${join(directory, 'tsdb')}`]
    const prometheus = spawn('prometheus', [`--config.file=${config}`, ...flags], { stdio: 'ignore' })
    const ended = once(prometheus, 'exit')
    try {
      const query = async (text: string) => {
        const url = `http://${host}:${port}/api/v1/query?query=${encodeURIComponent(text)}`
        const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } }
        return data.result.map(({ value: [, found] }) => Number(found))
      }
      const rows = 'weir_query_rows_total{query="counts", kind="in"}'
      await expect.poll(() => query(rows).catch(() => []), { timeout: 30_000 }).toEqual([10])
      const [lagMs] = await query('stream_lag_ms{query="counts", quantile="0.95"}')
      expect(lagMs).toBeGreaterThanOrEqual(500)
    } finally {
      prometheus.kill()
      await ended
    }
  })

  it('fails to start where its address is in use', async () => {
    const flags = { listen: '127.0.0.1:0', dataDirectory: `${directory}-2`, metricsListen: server.metrics }
    const second = startServer(loadConfig({ flags }), { logger: createLogger('silent') })
    await expect(second).rejects.toThrow(`address ${server.metrics} of the metrics is in use`)
    rmSync(`${directory}-2`, { recursive: true, force: true })
  })
})

function hostAndPort(address: string): { host: string; port: string } {
  const [host = '', port = ''] = address.split(':')
  return { host, port }
}

/** The mission names milliseconds, where Prometheus would have seconds. */
function isOurChoice(line: string): boolean {
  return /^(stream_lag_ms|checkpoint_duration_ms) /.test(line)
}

describe('a collector', () => {
  let collector: OtlpCollector

  beforeEach(async () => {
    collector = await OtlpCollector.open()
    await start({ otlpEndpoint: collector.url, traceRatio: 1 })
  })

  afterEach(() => collector[Symbol.asyncDispose]())

  it('gets a span of each call with its statements, of each commit, and the metrics', async () => {
    await client.execute(SQL)
    await ingest(10)
    await expect.poll(async () => (await client.describeQuery('counts')).rowsIn, SOON).toBe(10n)
    await server.close()
    const { spans, metrics } = collector
    const named = (name: string) => spans.filter((span) => span.name === name)
    const [create] = named('CREATE MATERIALIZED VIEW')
    const [call] = named('weir.v1.QueryService/Execute')
    expect(create?.parentSpanId).toBe(call?.spanId)
    const [commit] = named('weir.commit')
    expect(commit?.attributes).toContainEqual({ key: 'weir.query', value: { stringValue: 'counts' } })
    // A span a batch, and none a record.
    expect(spans.length).toBeLessThan(60)
    expect([...metrics]).toEqual(
      expect.arrayContaining(['checkpoint.duration_ms', 'weir.query.rows', 'rpc.server.call.duration']),
    )
  })

  it('is told nothing that a user wrote but names', async () => {
    const canary = 'canary-77f0'
    await client.execute(`${SQL} SELECT '${canary}' AS c FROM counts WHERE region = '${canary}';`)
    await client.execute(`SELECT '${canary}' FROM nowhere;`).catch(() => undefined)
    await server.close()
    expect(collector.spans.length).toBeGreaterThan(0)
    expect(JSON.stringify(collector.spans)).not.toContain(canary)
  })
})

it('a collector that is down keeps no server from working or ending', async () => {
  await start({ otlpEndpoint: 'http://127.0.0.1:1', traceRatio: 1 })
  await client.execute(SQL)
  await ingest(10)
  await expect.poll(async () => (await client.describeQuery('counts')).rowsIn, SOON).toBe(10n)
  const before = performance.now()
  await server.close()
  expect(performance.now() - before).toBeLessThan(15_000)
})
