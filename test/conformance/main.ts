// `npm run conformance [-- --json] [--only LANGUAGE]`: each client against a real server, by the same cases. Prints what
// failed, and how many passed; with --json `{languages, cases, passed, failed, skipped}`.

import { parseArgs } from 'node:util'
import { buildServer, removeBuild } from '../e2e/server-process.ts'
import { LANGUAGES, type Language, ToolsMissingError } from './languages.ts'
import { type Outcome, readCases, runCases } from './run-cases.ts'

interface Report {
  readonly language: string
  readonly outcome?: Outcome
  /** Why it did not run. */
  readonly skipped?: string
}

async function run({ name, prepare }: Language): Promise<Report> {
  try {
    return { language: name, outcome: await runCases(await prepare()) }
  } catch (error) {
    if (error instanceof ToolsMissingError) return { language: name, skipped: error.message }
    throw error
  }
}

function show({ language, outcome, skipped }: Report): string {
  if (outcome === undefined) return `${language}: skipped, ${skipped}`
  const { passed, cases, failures, seconds } = outcome
  const lines = failures.map((failure) => `  ${failure.case}: ${failure.problem}`)
  return [`${language}: ${passed} of ${cases} cases in ${seconds} s`, ...lines].join('\n')
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true } } })
  const chosen = LANGUAGES.filter(({ name }) => values.only === undefined || values.only.includes(name))
  if (chosen.length === 0) throw new Error(`there are ${LANGUAGES.map(({ name }) => name).join(', ')}`)
  const reports: Report[] = []
  try {
    buildServer()
    for (const language of chosen) {
      const report = await run(language)
      reports.push(report)
      if (values.json !== true) console.log(show(report))
    }
  } finally {
    removeBuild()
  }
  const ran = reports.flatMap(({ language, outcome }) => (outcome === undefined ? [] : [{ language, ...outcome }]))
  const failures = ran.flatMap(({ language, failures }) => failures.map((failure) => ({ language, ...failure })))
  if (values.json === true) {
    const summary = {
      languages: ran.map(({ language, seconds }) => ({ language, seconds })),
      cases: readCases().length,
      passed: ran.reduce((sum, { passed }) => sum + passed, 0),
      failed: failures.length,
      failures,
      skipped: reports.flatMap(({ language, skipped }) =>
        skipped === undefined ? [] : [{ language, reason: skipped }],
      ),
    }
    console.log(JSON.stringify(summary))
  }
  if (failures.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
