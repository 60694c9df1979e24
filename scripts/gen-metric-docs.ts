// `npm run gen`: docs/metrics.md, from the table of instruments and the alerts.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QUERY_INSTRUMENTS, type QueryInstrument, SERIES_PER_QUERY_MAX } from '../src/server/telemetry/query-metrics.ts'
import { ALERTS } from './monitoring/alerts.ts'
import { prometheusName } from './monitoring/metric.ts'

const PAGE = join(import.meta.dirname, '../docs/metrics.md')

const rows = Object.entries(QUERY_INSTRUMENTS).map(
  ([name, { kind, unit, description }]) =>
    `| \`${name}\` | \`${prometheusName(name as QueryInstrument)}\` | ${kind} | ${unit.replaceAll('{', '').replaceAll('}', '')} | ${description} |`,
)

const alerts = ALERTS.map(({ alert, severity, when }) => `| \`${alert}\` | ${severity} | ${when} |`)

const text = `<!-- Written by scripts/gen-metric-docs.ts. -->

# Metrics

Of each query, with its name as \`query\`, at most ${SERIES_PER_QUERY_MAX} series; those of operators have the step of the plan as \`operator\`, the
name that \`EXPLAIN\` gives it. A server tells of the tasks that it runs itself: sum the counters over the servers that share a
query, and take the highest of the delays.

| OpenTelemetry | Prometheus | kind | unit | meaning |
|---|---|---|---|---|
${rows.join('\n')}

Beside them: \`rpc.server.call.duration\` (a histogram, by method and status code), \`nodejs.eventloop.delay.p99\`,
\`process.memory.usage\` and \`process.cpu.time\`, by the conventions of OpenTelemetry.

## Alerts

In [weir.rules.yaml](../deploy/prometheus/weir.rules.yaml), and as a PrometheusRule in the chart. What counts as a
miss of an [objective](telemetry.md#objectives) is said by the server, by its settings, so that
the rules fit all of them.

| alert | severity | when |
|---|---|---|
${alerts.join('\n')}
`

if (!process.argv.includes('--check')) writeFileSync(PAGE, text)
else if (readFileSync(PAGE, 'utf8') !== text) {
  console.error(`${PAGE} is stale: npm run gen`)
  process.exitCode = 1
}
