// Apicurio Registry, a real one, as a process of this machine: its program from Maven Central, fetched once and kept in
// `node_modules/.cache`, with its data in memory. It speaks Confluent's interface beside its own.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DeathGuard, shellWord } from '../../../scripts/kafka/death-guard.ts'
import { freePorts } from '../../../scripts/kafka/free-ports.ts'
import { LoggedProcess } from '../../../scripts/kafka/logged-process.ts'
import { missingTools, saysOf } from '../../../scripts/maven-jars.ts'

/** The last that runs on Java 17. */
const VERSION = '3.0.9'
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/apicurio')
/** Without dependencies, which the archive has; later versions of the goal want those of its parent all the same. */
const GET = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:get'
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`
const START_TIMEOUT_MS = 90_000
const POLL_MS = 100

const run = promisify(execFile)

/** This machine can't run it; the message says what to install. */
export class RegistryMissingError extends Error {}

export class Apicurio implements AsyncDisposable {
  /** Where Confluent's interface is. */
  readonly url: string
  readonly #process: LoggedProcess
  readonly #guard: DeathGuard
  readonly #directory: string

  private constructor(url: string, process: LoggedProcess, guard: DeathGuard, directory: string) {
    this.url = url
    this.#process = process
    this.#guard = guard
    this.#directory = directory
  }

  /** @throws RegistryMissingError where Java or Maven is not there. */
  static async start(): Promise<Apicurio> {
    const program = await prepare()
    const [port] = await freePorts(1)
    const directory = mkdtempSync(join(tmpdir(), 'weir-apicurio-'))
    const guard = new DeathGuard()
    const settings = [`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1', '-Dquarkus.log.level=WARN']
    const args = ['-Xmx512m', '-XX:TieredStopAtLevel=1', ...settings, '-jar', join(program, RUNNER)]
    const process = LoggedProcess.spawn('java', args, join(directory, 'log'))
    guard.set(`kill -9 ${process.pid}; rm -rf ${shellWord(directory)}`)
    const apicurio = new Apicurio(`http://127.0.0.1:${port}/apis/ccompat/v7`, process, guard, directory)
    try {
      await apicurio.#answers()
      return apicurio
    } catch (error) {
      await apicurio[Symbol.asyncDispose]()
      throw error
    }
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    for (;;) {
      const response = await fetch(`${this.url}/subjects`).catch(() => undefined)
      if (response?.ok) return
      if (!this.#process.running || performance.now() > deadline) {
        throw new Error(`Apicurio does not answer; the end of its log:\n${this.#process.tail()}`)
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.signal('SIGKILL')
    await this.#process.exited
    rmSync(this.#directory, { recursive: true, force: true })
    await this.#guard.release()
  }
}

const RUNNER = `apicurio-registry-app-${VERSION}-runner.jar`

/** The folder of the program, fetched at the first call. */
async function prepare(): Promise<string> {
  const folder = join(CACHE, VERSION)
  const fetched = existsSync(folder)
  const problem = missingTools('a schema registry', {
    java: await saysOf('java', ['-version']),
    maven: fetched ? 'not needed' : await saysOf('mvn', ['-version']),
  })
  if (problem !== undefined) throw new RegistryMissingError(problem)
  if (!fetched) await fetchProgram(folder)
  return folder
}

/** 110 MB. A repository of its own, since where the user's is can't be known without Maven's settings. */
async function fetchProgram(folder: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true })
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    const repository = join(partial, 'repository')
    await run('mvn', [
      '-q',
      '-B',
      `-Dmaven.repo.local=${repository}`,
      GET,
      '-Dtransitive=false',
      `-Dartifact=${ARTIFACT}`,
    ])
    const archive = `io/apicurio/apicurio-registry-app/${VERSION}/apicurio-registry-app-${VERSION}-all.tar.gz`
    const unpacked = join(partial, 'program')
    mkdirSync(unpacked)
    await run('tar', ['-xzf', join(repository, archive), '-C', unpacked])
    // A rename is the last step: a folder that was left half full is never used.
    renameSync(unpacked, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}
