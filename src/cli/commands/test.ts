// `weir test`: files of query tests, run by the engine in this process, each with a fresh one.

import { glob, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT_CODES, type ExitCode, UsageError } from '../exit-codes.ts'
import { type Difference, runTest, StatementFault, type TestResult } from '../query-tests/run-test.ts'
import { parseTestFile, withExpected } from '../query-tests/test-file.ts'
import { errorText, reportError } from '../report-error.ts'
import { paint, type Terminal } from '../terminal.ts'

export interface TestOptions {
  readonly json?: boolean | undefined
  /** Writes what came out as what is expected. */
  readonly update?: boolean | undefined
}

const SUFFIX = '.test.sql'
/** Of one section; a difference of thousands of rows is one mistake. */
const ROWS_SHOWN_MAX = 20

export async function testCommand(
  paths: readonly string[],
  options: TestOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    const files = await filesOf(paths)
    let failed = 0
    for (const path of files) if (!(await testFile(path, options, terminal))) failed++
    if (options.json !== true) terminal.out.write(`${files.length - failed} passed, ${failed} failed\n`)
    return failed === 0 ? EXIT_CODES.ok : EXIT_CODES.failure
  } catch (error) {
    return reportError(error, terminal.err, { colour: terminal.colour.err })
  }
}

/** Files as named; of a folder those that end in `.test.sql`, at any depth. */
async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of paths) {
    const kind = await stat(path).catch(() => undefined)
    if (kind === undefined) throw new UsageError(`there is no file or folder "${path}"`)
    if (!kind.isDirectory()) found.push(path)
    else for await (const name of glob(`**/*${SUFFIX}`, { cwd: path })) found.push(join(path, name))
  }
  if (found.length === 0) throw new UsageError(`no file ends in "${SUFFIX}"`, 'Name a file, or another folder.')
  return found.sort()
}

/** True where it passed, or was brought up to date. A file that can't be run has failed. */
async function testFile(path: string, { json, update }: TestOptions, terminal: Terminal): Promise<boolean> {
  const began = performance.now()
  const text = await readFile(path, 'utf8')
  let result: TestResult | undefined
  let error: string | undefined
  try {
    result = await runTest(parseTestFile(path, text))
    if (update === true) await writeFile(path, withExpected(text, result.actual))
  } catch (thrown) {
    const colour = terminal.colour.out && json !== true
    error = thrown instanceof StatementFault ? thrown.text(colour) : errorText(thrown, { colour })
  }
  const differences = update === true ? [] : (result?.differences ?? [])
  const passed = error === undefined && differences.length === 0
  if (json === true) {
    terminal.out.write(
      `${JSON.stringify({ file: path, passed, ...(error === undefined ? {} : { error }), differences: differences.map(jsonOf) })}\n`,
    )
    return passed
  }
  const mark = passed ? paint('ok', 'green', terminal.colour.out) : paint('FAILED', 'red', terminal.colour.out)
  terminal.out.write(`${mark}  ${path}  ${Math.round(performance.now() - began)} ms\n`)
  if (error !== undefined) terminal.out.write(`${error}\n`)
  for (const one of differences) terminal.out.write(`${differenceText(path, one)}\n`)
  return passed
}

function differenceText(path: string, { section, missing, unexpected }: Difference): string {
  const lines = [
    ...missing.map(({ number, text }) => `  - ${text}   ${path}:${number}`),
    ...unexpected.map((text) => `  + ${text}`),
  ]
  const more = lines.length > ROWS_SHOWN_MAX ? [`  … and ${lines.length - ROWS_SHOWN_MAX} more`] : []
  const head = `  ${section.name === '' ? 'the result' : section.name} (${path}:${section.line})`
  return [`${head}: - is missing, + is too much`, ...lines.slice(0, ROWS_SHOWN_MAX), ...more].join('\n')
}

function jsonOf({ section, missing, unexpected }: Difference) {
  return { of: section.name, line: section.line, missing: missing.map(({ text }) => text), unexpected }
}
