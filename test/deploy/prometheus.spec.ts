// The alerts and the dashboard: promtool runs the alerts over time, and both speak of the same metrics.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { QUERY_INSTRUMENTS } from '../../src/server/telemetry/query-metrics.ts'
import { type Manifest, ROOT, run } from '../harness/deploy/describe-chart.ts'

/** What the dashboard begins with. */
const SHOWN = new Set([
  'stream_lag_ms',
  'stream_throughput_eps',
  'stream_late_event_rate',
  'stream_duplicate_rate',
  'checkpoint_duration_ms',
  'weir_query_running',
])
/** All gauges of queries, as the page for Prometheus has them. */
const METRICS = new Set(Object.keys(QUERY_INSTRUMENTS).map((name) => name.replaceAll('.', '_')))

const metricsOf = (text: string) => [...text.matchAll(/\b(weir|stream|checkpoint)_\w+/g)].map(([name]) => name)
const promtool = inject('promtool')

describe.skipIf('missing' in promtool)(`the alerts${'missing' in promtool ? ` (${promtool.missing})` : ''}`, () => {
  it.each([
    ['are rules', ['check', 'rules', 'deploy/prometheus/weir.rules.yaml']],
    [
      'tell of what they are for, when it lasts, and of nothing else',
      ['test', 'rules', 'deploy/prometheus/weir.rules.test.yaml'],
    ],
    ['are found by the configuration', ['check', 'config', 'deploy/prometheus/prometheus.yml']],
  ])('%s', (_, args) => {
    if ('missing' in promtool) throw new Error(promtool.missing)
    const { code, out, err } = run(promtool.tool, args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('SUCCESS')
  })
})

describe('deploy/prometheus', () => {
  const rules = parse(readFileSync(join(ROOT, 'deploy/prometheus/weir.rules.yaml'), 'utf8')).groups[0]
    .rules as readonly Manifest[]

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

  it('asks for metrics that there are', () => {
    const names = rules.flatMap(({ expr }) => metricsOf(expr))
    expect(names.length).toBeGreaterThanOrEqual(rules.length)
    expect(names.filter((name) => !METRICS.has(name))).toEqual([])
  })
})

describe('the dashboard', () => {
  const dashboard = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/weir-dashboard.json'), 'utf8'))

  it('shows the indicators, and whether queries run', () => {
    const shown = dashboard.panels.flatMap(({ targets }: Manifest) =>
      targets.flatMap(({ expr }: Manifest) => metricsOf(expr)),
    )
    expect(new Set(shown)).toEqual(SHOWN)
    expect([...SHOWN].filter((name) => !METRICS.has(name))).toEqual([])
  })

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
