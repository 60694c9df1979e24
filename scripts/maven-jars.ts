// Programs of Java from Maven Central, ready to run. Their jars are fetched once and stay in `node_modules/.cache`; after
// that neither Maven nor a network is needed, and a start costs what the JVM costs.

import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** The least that Kafka 4 runs on. */
const JAVA_MAJOR = 17
/** Pinned, so that the same pom gives the same jars with each Maven. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const CACHE = join(import.meta.dirname, '../node_modules/.cache')
const PROGRESS_EVERY_FILES = 50
const ERROR_LINES_SHOWN = 10

export interface JavaProgram {
  readonly java: string
  readonly classPath: string
}

/** What is to be fetched. */
export interface JavaDependencies {
  /** In a sentence: "a Kafka broker". */
  readonly what: string
  /** Path of the pom that names them. */
  readonly pom: string
  /** Folder in the cache. */
  readonly cache: string
  readonly megabytes: number
}

/** This machine can't run it; the message says what to install. */
export class JavaMissingError extends Error {}

/**
 * Fetches the jars at the first call, and says how far it is.
 *
 * @throws JavaMissingError where Java or Maven is not there.
 */
export async function prepareJava(
  dependencies: JavaDependencies,
  onProgress: (line: string) => void = () => {},
): Promise<JavaProgram> {
  const key = createHash('sha256').update(readFileSync(dependencies.pom)).digest('hex').slice(0, 12)
  const jars = join(CACHE, dependencies.cache, key)
  const java = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin/java')
  const fetched = existsSync(jars)
  const problem = missingTools(dependencies.what, {
    java: await saysOf(java, ['-version']),
    maven: fetched ? 'not needed' : await saysOf('mvn', ['-version']),
  })
  if (problem !== undefined) throw new JavaMissingError(problem)
  if (!fetched) await fetchJars(dependencies, jars, onProgress)
  return { java, classPath: join(jars, '*') }
}

/** What is not there of the tools, as one message; each is given as what it says of its version. */
export function missingTools(
  what: string,
  tools: Readonly<Record<'java' | 'maven', string | undefined>>,
): string | undefined {
  const major = Number(/version "(\d+)/.exec(tools.java ?? '')?.[1] ?? 0)
  const lacks = [
    ...(major < JAVA_MAJOR ? [`Java ${JAVA_MAJOR} or later (java)`] : []),
    ...(tools.maven === undefined ? ['Maven (mvn)'] : []),
  ]
  if (lacks.length === 0) return undefined
  return `${what} needs ${lacks.join(' and ')} on the path; on Debian: apt install openjdk-17-jdk-headless maven`
}

async function fetchJars(
  { what, pom, megabytes }: JavaDependencies,
  jars: string,
  onProgress: (line: string) => void,
): Promise<void> {
  onProgress(`fetching ${what} from Maven Central: about ${megabytes} MB, once`)
  const folder = join(jars, '..')
  mkdirSync(folder, { recursive: true })
  const partial = mkdtempSync(join(folder, 'partial-'))
  try {
    await runMaven(['-B', '-f', pom, COPY_DEPENDENCIES, `-DoutputDirectory=${partial}`], what, onProgress)
    // A rename is the last step: a folder that was left half full is never used.
    renameSync(partial, jars)
  } catch (error) {
    // Two that fetch at once are both right: the second takes what the first has put there.
    if (!existsSync(jars)) throw error
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

async function runMaven(args: readonly string[], what: string, onProgress: (line: string) => void): Promise<void> {
  const maven = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<number | null>((resolve, reject) => {
    maven.on('error', reject)
    maven.on('close', resolve)
  })
  const errors: string[] = []
  let files = 0
  createInterface({ input: maven.stdout }).on('line', (line) => {
    if (line.includes('[ERROR]')) errors.push(line)
    if (line.includes('Downloaded from') && ++files % PROGRESS_EVERY_FILES === 0) onProgress(`  ${files} files`)
  })
  if ((await exited) !== 0) {
    throw new Error(`mvn could not fetch ${what}:\n${errors.slice(0, ERROR_LINES_SHOWN).join('\n')}`)
  }
}

/** What a tool prints; `undefined` if it isn't there. `java -version` prints to standard error. */
export async function saysOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args)
    return stdout + stderr
  } catch {
    return undefined
  }
}
