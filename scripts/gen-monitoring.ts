// `npm run gen`: the rules of Prometheus and the dashboard of Grafana, from scripts/monitoring: for Compose, and in the
// chart, as Helm reads no file outside of it. With --check nothing is written, and a stale file is an error.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ruleGroups } from './monitoring/alerts.ts'
import { dashboard } from './monitoring/dashboard.ts'

const DEPLOY = join(import.meta.dirname, '../deploy')
const CHART_FILES = 'helm/weir/files'

const rules = `# Written by scripts/gen-monitoring.ts. What they do over time is in deploy/prometheus/weir.rules.test.yaml.
${stringify(ruleGroups(), { lineWidth: 0 })}`
const panels = `${JSON.stringify(dashboard(), null, 2)}\n`

const outputs: readonly (readonly [string, string])[] = [
  ['prometheus/weir.rules.yaml', rules],
  [`${CHART_FILES}/weir.rules.yaml`, rules],
  ['grafana/weir-dashboard.json', panels],
  [`${CHART_FILES}/weir-dashboard.json`, panels],
]
for (const [name, text] of outputs) {
  const path = join(DEPLOY, name)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is stale: npm run gen`)
    process.exitCode = 1
  }
}
