// Runs tests over a copy of the program with a planted bug in it. The copy is the folders that tests need, with the
// packages linked; each mutant changes one file there and puts it back. Before the first, all named tests have to pass
// without any bug: else they would find anything.

import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

export interface MutantVerdict {
  readonly mutant: string
  /** The test that failed, else the one that should have. */
  readonly caughtBy: string
  readonly caught: boolean
}

const ROOT = join(import.meta.dirname, '../..')
const COPIED = [
  ...['src', 'grammar', 'proto', 'clients', 'scripts', 'test', 'examples'],
  ...['package.json', 'vitest.config.ts', 'tsconfig.json', 'tsconfig.build.json'],
]
/** A mutant may make a test hang; the longest test takes some 10 s. */
const MUTANT_MS_MAX = 60_000
const BASELINE_MS_MAX = 240_000

/** The file with the bug in it. @throws where the text is not there exactly once: the mutant has to be looked at. */
export function mutate(text: string, { name, file, from, to }: Mutant): string {
  const count = text.split(from).length - 1
  if (count !== 1) throw new Error(`mutant "${name}" does not apply: its text is ${count} times in ${file}`)
  return text.replace(from, () => to)
}

export class MutantRun {
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-mutants-'))
  readonly #env: NodeJS.ProcessEnv

  /** `kafka`: address of a broker. */
  constructor(kafka: string) {
    this.#env = { ...process.env, WEIR_TEST_KAFKA: kafka }
    for (const path of COPIED) {
      const filter = (source: string) => !source.endsWith('/node_modules')
      cpSync(join(ROOT, path), join(this.#directory, path), { recursive: true, filter })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.#directory, 'node_modules'))
  }

  /** @throws where a named test fails, or is not there, with no bug planted. */
  async checkWithout(mutants: readonly Mutant[]): Promise<void> {
    const bySeeds = Map.groupBy(mutants, ({ caughtBy }) => caughtBy.seeds)
    for (const [seeds, group] of bySeeds) await this.#checkWithout(group, seeds)
  }

  async run(mutant: Mutant): Promise<MutantVerdict> {
    const path = join(this.#directory, mutant.file)
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, mutate(before, mutant))
    try {
      const { spec, test, seeds } = mutant.caughtBy
      const { failed, ended } = await this.#test([spec], [test], seeds, MUTANT_MS_MAX)
      // A test that never ends has found something, too.
      const caught = failed.length > 0 || !ended
      return { mutant: mutant.name, caughtBy: `${spec}: ${failed[0] ?? test}`, caught }
    } finally {
      writeFileSync(path, before)
    }
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #checkWithout(mutants: readonly Mutant[], seeds: number | undefined): Promise<void> {
    const specs = [...new Set(mutants.map(({ caughtBy }) => caughtBy.spec))]
    const names = [...new Set(mutants.map(({ caughtBy }) => caughtBy.test))]
    const { passed, failed, output } = await this.#test(specs, names, seeds, BASELINE_MS_MAX)
    if (failed.length > 0) throw new Error(`these tests fail without any mutant: ${failed.join('; ')}\n${output}`)
    for (const { name, caughtBy } of mutants) {
      const isThere = passed.some((test) => test.includes(caughtBy.test))
      if (!isThere) throw new Error(`mutant "${name}": ${caughtBy.spec} has no test "${caughtBy.test}"\n${output}`)
    }
  }

  async #test(
    specs: readonly string[],
    names: readonly string[],
    seeds: number | undefined,
    msMax: number,
  ): Promise<TestRun> {
    const report = join(this.#directory, 'report.json')
    rmSync(report, { force: true })
    const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|')
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', '--reporter=json', `--outputFile=${report}`, ...specs]
    const child = spawn(process.execPath, [...args, '-t', pattern], {
      cwd: this.#directory,
      env: seeds === undefined ? this.#env : { ...this.#env, SIM_SEEDS: String(seeds) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (output += String(chunk)))
    const timer = setTimeout(() => child.kill('SIGTERM'), msMax)
    await new Promise((resolve) => child.on('close', resolve))
    clearTimeout(timer)
    return readReport(report, output)
  }
}

interface TestRun {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  /** False where it had to be ended. */
  readonly ended: boolean
  readonly output: string
}

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

function readReport(path: string, output: string): TestRun {
  let report: VitestReport
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { passed: [], failed: [], ended: false, output }
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const names = (wanted: string) => tests.filter(({ status }) => status === wanted).map(({ fullName }) => fullName)
  return { passed: names('passed'), failed: names('failed'), ended: true, output }
}
