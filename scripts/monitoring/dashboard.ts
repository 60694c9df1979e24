// The dashboard of Grafana.

import type { QueryInstrument } from '../../src/server/telemetry/query-metrics.ts'
import { prometheusName } from './metric.ts'

interface Panel {
  readonly title: string
  readonly description: string
  /** Grafana's name of it. */
  readonly unit: 'ms' | 's' | 'short' | 'percentunit' | 'bytes'
  readonly expr: string
  /** Labels that name a line. */
  readonly legend: string
}

/** What is chosen above the panels. */
const CHOSEN = 'namespace=~"$namespace", query=~"$query"'
const OF_QUERY = '{{query}}'

const series = (instrument: QueryInstrument, more = '') =>
  `${prometheusName(instrument)}{${CHOSEN}${more === '' ? '' : `, ${more}`}}`

/** A gauge that each replica has of its part: the worst of them, or all of them together. */
const worst = (instrument: QueryInstrument, more?: string) => `max by (query) (${series(instrument, more)})`
const total = (instrument: QueryInstrument) => `sum by (query) (${series(instrument)})`
/** The window is a few reads of Prometheus long, whatever their interval. */
const WINDOW = '[$__rate_interval]'

export const PANELS: readonly Panel[] = [
  {
    title: 'Lag behind the input',
    description: 'How long after their event time rows are read, 95th percentile.',
    unit: 'ms',
    expr: worst('stream.lag_ms'),
    legend: OF_QUERY,
  },
  {
    title: 'Throughput',
    description: 'Rows that each query reads, a second.',
    unit: 'short',
    expr: total('stream.throughput_eps'),
    legend: OF_QUERY,
  },
  {
    title: 'Objectives missed',
    description: 'Share of the last hour in which an objective did not hold; the budget is 1 % at a target of 99 %.',
    unit: 'percentunit',
    expr: `avg_over_time((max by (query, indicator) (${series('weir.objective.missed')}))[1h:1m])`,
    legend: '{{query}} {{indicator}}',
  },
  {
    title: 'Replicas that run a query',
    description: '0: the query runs nowhere.',
    unit: 'short',
    expr: total('weir.query.running'),
    legend: OF_QUERY,
  },
  {
    title: 'Late rows',
    description: 'Share of the rows that came after their window was closed.',
    unit: 'percentunit',
    expr: worst('stream.late_event_rate'),
    legend: OF_QUERY,
  },
  {
    title: 'Duplicates',
    description: 'Share of the rows that a deduplication has left out.',
    unit: 'percentunit',
    expr: worst('stream.duplicate_rate'),
    legend: OF_QUERY,
  },
  {
    title: 'Checkpoints, 95th percentile',
    description: 'Time for state, positions and results to be durable.',
    unit: 'ms',
    expr: worst('checkpoint.duration_ms', 'quantile="0.95"'),
    legend: OF_QUERY,
  },
  {
    title: 'Records to read',
    description: 'In the log, and not read yet.',
    unit: 'short',
    expr: total('weir.query.lag'),
    legend: OF_QUERY,
  },
  {
    title: 'Watermark behind the clock',
    description: 'What an input that has stopped holds back is seen here.',
    unit: 's',
    expr: worst('weir.query.watermark_delay'),
    legend: OF_QUERY,
  },
  {
    title: 'State',
    description: 'Size of the state, of all replicas together.',
    unit: 'bytes',
    expr: total('weir.query.state_size'),
    legend: OF_QUERY,
  },
  {
    title: 'Where the time goes',
    description: 'Cores that each operator keeps busy, the ten that take the most.',
    unit: 'short',
    expr: `topk(10, sum by (query, operator) (rate(${series('weir.operator.busy')}${WINDOW})))`,
    legend: '{{query}} {{operator}}',
  },
  {
    title: 'State to restore',
    description: 'Records of changelogs that are left to read before queries go on.',
    unit: 'short',
    expr: total('weir.query.restore_remaining'),
    legend: OF_QUERY,
  },
]

const [WIDTH, HEIGHT, ACROSS] = [12, 8, 2]
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
const SOURCE = { type: 'prometheus', uid: '${datasource}' }

export function dashboard(): object {
  const running = prometheusName('weir.query.running')
  return {
    uid: 'weir',
    title: 'Weir',
    tags: ['weir'],
    schemaVersion: 39,
    timezone: 'browser',
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {} },
        choice('namespace', 'Namespace', `label_values(${running}, namespace)`),
        choice('query', 'Query', `label_values(${running}, query)`),
      ],
    },
    panels: PANELS.map(panelJson),
  }
}

function choice(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource: SOURCE,
    query,
    refresh: 2,
    multi: true,
    includeAll: true,
    // Also what has no such label, as without Kubernetes.
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  }
}

function panelJson({ title, description, unit, expr, legend }: Panel, at: number): object {
  return {
    id: at + 1,
    type: 'timeseries',
    title,
    description,
    gridPos: { x: (at % ACROSS) * WIDTH, y: Math.floor(at / ACROSS) * HEIGHT, w: WIDTH, h: HEIGHT },
    datasource: SOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: [{ refId: 'A', expr, legendFormat: legend }],
  }
}
