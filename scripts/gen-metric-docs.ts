// `npm run gen`: docs/metrics.md, from the table of instruments.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QUERY_INSTRUMENTS, SERIES_PER_QUERY_MAX } from '../src/server/telemetry/query-metrics.ts'

const PAGE = join(import.meta.dirname, '../docs/metrics.md')

/** As the exporter for Prometheus writes it. */
function prometheusName(name: string, kind: string): string {
  return `${name.replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`
}

const rows = Object.entries(QUERY_INSTRUMENTS).map(
  ([name, { kind, unit, description }]) =>
    `| \`${name}\` | \`${prometheusName(name, kind)}\` | ${kind} | ${unit.replaceAll('{', '').replaceAll('}', '')} | ${description} |`,
)

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
`

if (!process.argv.includes('--check')) writeFileSync(PAGE, text)
else if (readFileSync(PAGE, 'utf8') !== text) {
  console.error(`${PAGE} is stale: npm run gen`)
  process.exitCode = 1
}
