// `npm run console:check [-- --json]`: the console in a real browser. Prints what failed, and how many checks passed;
// with --json `{pages, checks, passed, failed, skipped}`.

import { parseArgs } from 'node:util'
import { runVitest, STDERR } from '../../scripts/run-vitest.ts'
import { PAGES } from './pages.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean' } } })
const stdout = values.json === true ? STDERR : 'inherit'
const { code, counts } = await runVitest(['--project', 'weir', 'test/console'], { reporter: 'verbose', stdout })
if (counts !== undefined) {
  const { passed, failed, skipped } = counts
  const result = { pages: PAGES.length, checks: passed + failed + skipped, passed, failed, skipped }
  console.log(values.json === true ? JSON.stringify(result) : result)
}
process.exitCode = code
