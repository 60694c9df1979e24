// Flink SQL in one process of this machine: scripts are run one after the other, so that what Flink needs to start is
// paid once.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type JavaProgram, prepareJava } from '../maven-jars.ts'

const POM = join(import.meta.dirname, 'pom.xml')
const MAIN = join(import.meta.dirname, 'FlinkRunner.java')
export const FLINK_VERSION = /<flink\.version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown'

/** Flink 1.20 supports Java 17; for this `--add-opens` is needed. */
const OPENED_PACKAGES = ['java.util', 'java.lang', 'java.time']
// C1 alone: jobs of a second are over before C2 has paid off.
const JVM_FLAGS = ['-Xmx768m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const STDERR_LINES_SHOWN = 30

export type ScriptResult = { readonly ms: number } | { readonly error: string }

/** @throws JavaMissingError where Java or Maven is not there. */
export function prepareFlink(onProgress: (line: string) => void = () => {}): Promise<JavaProgram> {
  return prepareJava({ what: 'Flink SQL', pom: POM, cache: 'flink-sql', megabytes: 140 }, onProgress)
}

export class FlinkRunner implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-flink-'))
  readonly #errors: string[] = []
  #scripts = 0

  private constructor({ java, classPath }: JavaProgram) {
    const opens = OPENED_PACKAGES.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)
    // A file of source runs as it is: a JDK compiles it on the way.
    this.#child = spawn(java, [...JVM_FLAGS, ...opens, '-cp', classPath, MAIN], { stdio: 'pipe' })
    this.#child.on('error', (error) => this.#errors.push(error.message))
    this.#child.stdin?.on('error', () => {})
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) =>
      this.#errors.push(line),
    )
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  /** Resolves when Flink is loaded. */
  static async start(program: JavaProgram): Promise<FlinkRunner> {
    const runner = new FlinkRunner(program)
    await runner.#line(/^ready$/)
    return runner
  }

  /** Resolves when all jobs of the script have ended; its sources have to be bounded. */
  run(script: string): Promise<ScriptResult> {
    return this.#command('run', script)
  }

  /** Whether Flink takes the script: its jobs are planned, and do not run. */
  plan(script: string): Promise<ScriptResult> {
    return this.#command('plan', script)
  }

  async #command(word: 'run' | 'plan', script: string): Promise<ScriptResult> {
    const path = join(this.#directory, `${++this.#scripts}.sql`)
    writeFileSync(path, script)
    this.#child.stdin?.write(`${word} ${path}\n`)
    const line = await this.#line(/^(done \d+|failed .*)$/)
    return line.startsWith('done ') ? { ms: Number(line.slice(5)) } : { error: line.slice(7) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    if (this.#child.exitCode === null && this.#child.pid !== undefined) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** The next line of our own: a logger may write others. */
  async #line(form: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done === true) throw new Error(`Flink has ended:\n${this.#errors.slice(-STDERR_LINES_SHOWN).join('\n')}`)
      if (form.test(value)) return value
    }
  }
}
