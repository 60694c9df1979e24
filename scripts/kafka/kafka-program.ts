// Kafka's own jars, ready to run. They come from Maven Central once and stay in `node_modules/.cache`; after that
// neither Maven nor a network is needed, and a start costs what the JVM costs.

import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** The least that Kafka 4 brokers run on. */
const JAVA_MAJOR = 17
/** Pinned, so that the same pom gives the same jars with each Maven. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const POM = join(import.meta.dirname, 'pom.xml')
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/kafka')
const PROGRESS_EVERY_FILES = 50
const ERROR_LINES_SHOWN = 10

export interface KafkaProgram {
  readonly version: string
  readonly java: string
  readonly classPath: string
}

/** This machine can't run a broker; the message says what to install. */
export class KafkaMissingError extends Error {}

/** The version in the pom: also that of the Docker image. */
export const KAFKA_VERSION = /<kafka\.version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown'

/**
 * Fetches the jars at the first call, and says how far it is.
 *
 * @throws KafkaMissingError where Java or Maven is not there.
 */
export async function prepareKafka(onProgress: (line: string) => void = () => {}): Promise<KafkaProgram> {
  const key = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12)
  const jars = join(CACHE, key)
  const java = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin/java')
  const fetched = existsSync(jars)
  const problem = missingTools({
    java: await saysOf(java, ['-version']),
    maven: fetched ? 'not needed' : await saysOf('mvn', ['-version']),
  })
  if (problem !== undefined) throw new KafkaMissingError(problem)
  if (!fetched) await fetchJars(jars, onProgress)
  return { version: KAFKA_VERSION, java, classPath: join(jars, '*') }
}

/** What is not there of the tools, as one message; each is given as what it says of its version. */
export function missingTools(tools: Readonly<Record<'java' | 'maven', string | undefined>>): string | undefined {
  const major = Number(/version "(\d+)/.exec(tools.java ?? '')?.[1] ?? 0)
  const lacks = [
    ...(major < JAVA_MAJOR ? [`Java ${JAVA_MAJOR} or later (java)`] : []),
    ...(tools.maven === undefined ? ['Maven (mvn)'] : []),
  ]
  if (lacks.length === 0) return undefined
  return `a Kafka broker needs ${lacks.join(' and ')} on the path; on Debian: apt install openjdk-17-jdk-headless maven`
}

async function fetchJars(jars: string, onProgress: (line: string) => void): Promise<void> {
  onProgress(`fetching Kafka ${KAFKA_VERSION} from Maven Central: about 60 MB, once`)
  mkdirSync(CACHE, { recursive: true })
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    await runMaven(['-B', '-f', POM, COPY_DEPENDENCIES, `-DoutputDirectory=${partial}`], onProgress)
    // A rename is the last step: a folder that was left half full is never used.
    renameSync(partial, jars)
  } catch (error) {
    // Two that fetch at once are both right: the second takes what the first has put there.
    if (!existsSync(jars)) throw error
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

async function runMaven(args: readonly string[], onProgress: (line: string) => void): Promise<void> {
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
    throw new Error(`mvn could not fetch Kafka:\n${errors.slice(0, ERROR_LINES_SHOWN).join('\n')}`)
  }
}

/** What a tool prints; `undefined` if it isn't there. `java -version` prints to standard error. */
async function saysOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args)
    return stdout + stderr
  } catch {
    return undefined
  }
}
