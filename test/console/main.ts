// `npm run console:check [-- --json]`: the console in a real browser. Prints what failed, and how many checks passed;
// with --json `{pages, checks, passed, failed, skipped}`.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { PAGES } from './pages.ts'

interface Report {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

const { values } = parseArgs({ options: { json: { type: 'boolean' } } })
const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'weir-console-check-'))
try {
  const path = join(folder, 'report.json')
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${path}`]
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'weir', 'test/console', ...reporters], {
    cwd: root,
    stdio: ['ignore', values.json ? 2 : 'inherit', 'inherit'],
  })
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report
  const { numTotalTests: checks, numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report
  const result = { pages: PAGES.length, checks, passed, failed, skipped }
  console.log(values.json ? JSON.stringify(result) : result)
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
