// The alerts and the dashboard, which are written from scripts/monitoring: promtool runs the alerts over time, and a real
// Prometheus that reads a server has an answer for each of them.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { loadConfig } from '../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { freeAddress, temporaryDirectory } from '../e2e/server-process.ts'
import { type Manifest, ROOT, run } from '../harness/deploy/describe-chart.ts'

const tools = inject('prometheusTools')
const RULES = 'deploy/prometheus/weir.rules.yaml'

describe.skipIf('missing' in tools)(`the alerts${'missing' in tools ? ` (${tools.missing})` : ''}`, () => {
  it.each([
    ['are rules', ['check', 'rules', RULES]],
    [
      'tell of what they are for, when it lasts, and of nothing else',
      ['test', 'rules', 'deploy/prometheus/weir.rules.test.yaml'],
    ],
    ['are found by the configuration', ['check', 'config', 'deploy/prometheus/prometheus.yml']],
  ])('%s', (_, args) => {
    if ('missing' in tools) throw new Error(tools.missing)
    const { code, out, err } = run(tools.tool.promtool, args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('SUCCESS')
  })
})

describe('deploy/prometheus', () => {
  const all = parse(readFileSync(join(ROOT, RULES), 'utf8')).groups[0].rules as readonly Manifest[]
  const rules = all.filter(({ alert }) => alert !== undefined)

  it('has a test of each alert', () => {
    const { tests } = parse(readFileSync(join(ROOT, 'deploy/prometheus/weir.rules.test.yaml'), 'utf8'))
    const tested = (tests as readonly Manifest[]).flatMap(({ alert_rule_test: cases }) =>
      cases.filter((one: Manifest) => one.exp_alerts.length > 0).map((one: Manifest) => one.alertname),
    )
    expect(tested.sort()).toEqual(rules.map(({ alert }) => alert).sort())
  })

  it('says of each alert how bad it is, what is wrong and what to do', () => {
    for (const { labels, annotations } of rules) {
      expect(labels.severity).toMatch(/^(warning|critical)$/)
      expect(annotations).toEqual({ summary: expect.stringMatching(/\bquery\b/i), description: expect.any(String) })
    }
  })
})

const dashboard = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/weir-dashboard.json'), 'utf8'))

describe('the dashboard', () => {
  it('asks the source of data that is chosen, and no fixed one', () => {
    const sources = dashboard.panels.map(({ datasource }: Manifest) => datasource.uid)
    expect(new Set(sources)).toEqual(new Set(['${datasource}']))
  })

  it('has panels that do not overlap, each with a name of its own', () => {
    const panels: readonly Manifest[] = dashboard.panels
    for (const one of ['id', 'title']) expect(new Set(panels.map((panel) => panel[one])).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})

describe.skipIf('missing' in tools)('Prometheus that reads a server', () => {
  /** Half a minute where nothing else runs. */
  const SOON = { timeout: 150_000, interval: 500 }
  const directory = temporaryDirectory()
  let server: RunningServer
  let prometheus: ChildProcess
  let api: string

  /** What the API of Prometheus answers. */
  const ask = async (path: string): Promise<Manifest> => {
    const { data } = (await (await fetch(`${api}${path}`)).json()) as { data: Manifest }
    return data
  }

  beforeAll(async () => {
    if ('missing' in tools) throw new Error(tools.missing)
    // It never holds the first objective: one alert burns.
    const flags = {
      listen: '127.0.0.1:0',
      metricsListen: '127.0.0.1:0',
      dataDirectory: join(directory, 'data'),
      sloLagMs: 1,
      logLevel: 'silent',
    }
    server = await startServer(loadConfig({ flags }))
    const address = await freeAddress()
    api = `http://${address}/api/v1`
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(ROOT, RULES)],
      scrape_configs: [{ job_name: 'weir', static_configs: [{ targets: [server.metrics] }] }],
    }
    const file = join(directory, 'prometheus.yml')
    writeFileSync(file, JSON.stringify(config))
    const own = [`--web.listen-address=${address}`, `--storage.tsdb.path=${join(directory, 'tsdb')}`]
    prometheus = spawn(tools.tool.prometheus, [`--config.file=${file}`, ...own], { stdio: 'ignore' })
  })

  afterAll(async () => {
    const ended = once(prometheus, 'exit')
    prometheus.kill()
    await ended
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('evaluates each rule, and has data for each panel', async () => {
    await using client = await WeirClient.connect(server.address)
    // Rows come all the time, so that all that is counted by the second is there.
    await client.execute(`CREATE STREAM orders (id BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
        WITH (connector = 'datagen', 'rows-per-second' = '50');
      CREATE MATERIALIZED VIEW counts AS SELECT id, COUNT(*) AS n FROM orders GROUP BY id, TUMBLE(ts, INTERVAL '1' SECOND);
      -- What is generated leaves nothing unread.
      CREATE STREAM stored (id BIGINT) WITH (connector = 'embedded');
      CREATE MATERIALIZED VIEW all_stored AS SELECT id, COUNT(*) AS n FROM stored GROUP BY id;`)
    // One after the other, in whatever order they come: on a busy machine some rates have gaps.
    const seen = new Set<string>()
    const withoutData = async () => {
      // The objectives are looked at each half minute, and whenever somebody asks.
      await client.listObjectives()
      const panels: readonly Manifest[] = dashboard.panels
      const answers = panels.map(async ({ title, targets: [{ expr }] }) => {
        const text = expr.replaceAll(/\$(namespace|query)\b/g, '.*').replaceAll('$__rate_interval', '10s')
        const { result } = await ask(`/query?query=${encodeURIComponent(text)}`)
        if (result.length > 0) seen.add(title)
        return seen.has(title) ? [] : [title]
      })
      return (await Promise.all(answers)).flat()
    }
    await expect.poll(() => withoutData().catch(String), SOON).toEqual([])
    const rules = async () => (await ask('/rules')).groups[0].rules.map(({ name, health }: Manifest) => [name, health])
    const { rules: all } = parse(readFileSync(join(ROOT, RULES), 'utf8')).groups[0]
    await expect.poll(rules, SOON).toEqual(all.map(({ alert, record }: Manifest) => [alert ?? record, 'ok']))
    const burning = async () => (await ask('/alerts')).alerts.map(({ labels }: Manifest) => labels)
    const expected = { alertname: 'WeirBudgetBurnsFast', query: 'counts', indicator: 'stream.lag_ms' }
    await expect.poll(burning, SOON).toContainEqual(expect.objectContaining(expected))
  }, 500_000)
})
