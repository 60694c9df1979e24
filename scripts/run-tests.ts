// `npm test`: runs vitest with the arguments given and ends with one line that is easy to find and to read by a
// program: `N passed, N failed` and `, N skipped` when there are any. Exits with vitest's own verdict.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numFailedTestSuites: number
  readonly success: boolean
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
const reportPath = join(directory, 'report.json')

try {
  const code = await runVitest(process.argv.slice(2))
  const report = readReport()
  process.exitCode = report === undefined ? code || 1 : verdict(report, code)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** The JSON reporter counts; the default one is for the person who waits. */
function runVitest(args: readonly string[]): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

function readReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(reportPath, 'utf8')) as Report
  } catch {
    console.error('the tests did not run to their end: vitest left no report')
    return undefined
  }
}

/** A file that failed before its first test (a syntax error, a missing module) counts as one failed test. */
function verdict(report: Report, code: number): number {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const failed = report.numFailedTests + brokenFiles
  const skipped = report.numPendingTests + report.numTodoTests
  console.log(`${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return code !== 0 ? code : failed > 0 || !report.success ? 1 : 0
}
