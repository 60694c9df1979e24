// Runs vitest and counts: what `npm test` and `npm run console:check` share.

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
  readonly success: boolean
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface TestRun {
  /** 0 only where vitest says so and nothing has failed. */
  readonly code: number
  /** Undefined where it did not run to its end. */
  readonly counts: TestCounts | undefined
}

export interface RunVitestOptions {
  /** For the person who waits; the counting is done by another. */
  readonly reporter: 'default' | 'verbose'
  /** Where what it prints goes. */
  readonly stdout: 'inherit' | typeof STDERR
}

/** Leaves the standard output to who reads it by program. */
export const STDERR = 2

export async function runVitest(args: readonly string[], { reporter, stdout }: RunVitestOptions): Promise<TestRun> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  try {
    const path = join(directory, 'report.json')
    const code = await spawnVitest(
      [`--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${path}`, ...args],
      stdout,
    )
    const report = readReport(path)
    if (report === undefined) return { code: code || 1, counts: undefined }
    const counts = countsOf(report)
    return { code: code !== 0 ? code : counts.failed > 0 || !report.success ? 1 : 0, counts }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function spawnVitest(args: readonly string[], stdout: RunVitestOptions['stdout']): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', ...args], { stdio: ['inherit', stdout, 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    console.error('the tests did not run to their end: vitest left no report')
    return undefined
  }
}

/** A file that failed before its first test (a syntax error, a missing module) counts as one failed test. */
function countsOf(report: Report): TestCounts {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
