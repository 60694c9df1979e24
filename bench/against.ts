import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Measurement } from './measure.ts'
import { type OrdersOptions, order } from './orders.ts'
import type { BenchQuery } from './queries.ts'

/**
 * The same query over the same orders in Flink SQL, in one process of its own. It reads them from files, as it can't
 * read the embedded log. One file for each parallel reader and no more: a Flink reader takes one file after the other
 * under one watermark, so the rows of its second file would all be late and be dropped instead of counted.
 */
const PARALLELISM = 2
/** How many orders in sequence go to one file before the next file's turn: the same as in the embedded log. */
const ORDERS_IN_TURN = 5_000
/**
 * Orders of the job that runs first, so that neither loading classes nor compiling them is measured: with `tumble`
 * three jobs of a million in one JVM took 3.8, 2.2 and 1.5 s.
 */
const WARM_UP_ORDERS = 2_000_000
/** Flink 1.20 supports Java 17; for this `--add-opens` is needed. */
const JAVA_MAJOR = 17
const OPENED_PACKAGES = ['java.util', 'java.lang', 'java.time']
/** Linux counts CPU time for `/proc` in hundredths of a second on all platforms that Node runs on. */
const TICKS_PER_SECOND = 100
const PEAK_POLL_MS = 50
/** Pinned, so that the same pom gives the same jars with each Maven. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const STDERR_LINES_SHOWN = 20

const TOTALS = 'window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue'
const BY_WINDOW = 'window_start, window_end'
const TIME = 'DESCRIPTOR(event_time)'
/** The queries of `queries.ts` as Flink writes them. */
const FLINK_QUERIES: Readonly<
  Record<string, { readonly key: 'region STRING' | 'user_id BIGINT'; readonly sql: string }>
> = {
  tumble: {
    key: 'region STRING',
    sql: `SELECT region, ${TOTALS} FROM TABLE(TUMBLE(TABLE orders, ${TIME}, INTERVAL '1' MINUTE))
      GROUP BY region, ${BY_WINDOW}`,
  },
  hop: {
    key: 'user_id BIGINT',
    sql: `SELECT user_id, ${TOTALS} FROM TABLE(HOP(TABLE orders, ${TIME}, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE))
      GROUP BY user_id, ${BY_WINDOW}`,
  },
  session: {
    key: 'user_id BIGINT',
    sql: `SELECT user_id, ${TOTALS}
      FROM TABLE(SESSION(TABLE orders PARTITION BY user_id, ${TIME}, INTERVAL '30' SECOND))
      GROUP BY user_id, ${BY_WINDOW}`,
  },
}

/** What another system needed for the same events. `null` where the platform has no `/proc`. */
export interface Rival {
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: number | null
  readonly rssBytesMax: number | null
}

export interface Comparison extends Rival {
  /** Weir's events a second divided by the rival's: above 1, Weir is faster. */
  readonly ratio: number
}

export interface ComparedMeasurement extends Measurement {
  readonly against: { readonly flink: Comparison }
}

/** Flink's jars and the compiled main, ready to run. */
export interface Flink {
  readonly version: string
  readonly classPath: string
}

/**
 * Finds Java and Maven and fetches Flink at the first call; later ones use what is in `node_modules/.cache`.
 *
 * @throws Error that says what to install, or that the query has no counterpart in Flink.
 */
export async function prepareFlink(query: string): Promise<Flink> {
  flinkQuery(query)
  const [javac, java, maven] = await Promise.all([
    output('javac', ['-version']),
    output('java', ['-version']),
    output('mvn', ['-version']),
  ])
  const problem = missing({ javac, java, maven })
  if (problem !== undefined) throw new Error(problem)
  const pom = fileURLToPath(new URL('./flink/pom.xml', import.meta.url))
  const main = fileURLToPath(new URL('./flink/FlinkBench.java', import.meta.url))
  const pomText = readFileSync(pom, 'utf8')
  const key = createHash('sha256').update(pomText).update(readFileSync(main)).digest('hex').slice(0, 12)
  const cache = fileURLToPath(new URL('../node_modules/.cache/flink/', import.meta.url))
  const ready = join(cache, key)
  if (!existsSync(ready)) {
    mkdirSync(cache, { recursive: true })
    const partial = mkdtempSync(join(cache, 'partial-'))
    const [jars, classes] = [join(partial, 'jars'), join(partial, 'classes')]
    try {
      await build('mvn', ['-B', '-q', '-f', pom, COPY_DEPENDENCIES, `-DoutputDirectory=${jars}`])
      await build('javac', ['-cp', join(jars, '*'), '-d', classes, main])
      // A rename is the last step: a folder that was left half full is never used.
      renameSync(partial, ready)
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
  }
  return { version: versionOf(pomText), classPath: [join(ready, 'classes'), join(ready, 'jars', '*')].join(delimiter) }
}

/** Writes the orders to files, runs the query over them in Flink and measures that. */
export async function measureFlink(flink: Flink, query: BenchQuery, events: number): Promise<Rival> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-flink-'))
  try {
    const { keys, eventsPerSecondOfEventTime } = query
    const scripts = [WARM_UP_ORDERS, events].map((count, run) => {
      const input = join(directory, `orders-${run}`)
      writeOrders(input, { events: count, keys, eventsPerSecondOfEventTime })
      const script = join(directory, `job-${run}.sql`)
      writeFileSync(script, flinkScript(query.name, pathToFileURL(input).href))
      return script
    })
    const run = await runJobs(flink, [`${PARALLELISM}`, join(directory, 'checkpoints'), ...scripts])
    return {
      eventsPerSecond: Math.round(events / run.seconds),
      cpuSecondsPerMillion: run.cpuSeconds === null ? null : round((run.cpuSeconds * 1e6) / events),
      rssBytesMax: run.rssBytesMax,
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The measurement with the rival's beside it. */
export function compared(weir: Measurement, flink: Rival, version: string): ComparedMeasurement {
  const ratio = round(weir.eventsPerSecond / flink.eventsPerSecond)
  return { ...weir, versions: { ...weir.versions, flink: version }, against: { flink: { ...flink, ratio } } }
}

/** Orders are dealt to the files in turns, so that all files are at about the same event time. */
export function fileOf(i: number): number {
  return Math.floor(i / ORDERS_IN_TURN) % PARALLELISM
}

function writeOrders(directory: string, options: OrdersOptions): void {
  mkdirSync(directory)
  for (let first = 0; first < options.events; first += ORDERS_IN_TURN) {
    const count = Math.min(ORDERS_IN_TURN, options.events - first)
    const lines = Array.from({ length: count }, (_, i) => `${order(first + i, options)}\n`)
    appendFileSync(join(directory, `partition-${fileOf(first)}.json`), lines.join(''))
  }
}

/** The script for `FlinkBench.java`: source, sink and, last, the query. */
export function flinkScript(name: string, inputUrl: string): string {
  const { key, sql } = flinkQuery(name)
  return `CREATE TABLE orders (
  order_id STRING, user_id BIGINT, region STRING, status STRING, amount DECIMAL(12,2), ts BIGINT,
  event_time AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${inputUrl}', 'format' = 'json');
CREATE TABLE results (
  ${key}, window_start TIMESTAMP(3), window_end TIMESTAMP(3), orders BIGINT, revenue DECIMAL(38,2)
) WITH ('connector' = 'blackhole');
INSERT INTO results ${sql};
`
}

function flinkQuery(name: string): { readonly key: string; readonly sql: string } {
  const query = FLINK_QUERIES[name]
  if (query !== undefined) return query
  throw new Error(`query "${name}" can't be measured against Flink; ${Object.keys(FLINK_QUERIES).join(', ')} can`)
}

interface FlinkRun {
  readonly seconds: number
  readonly cpuSeconds: number | null
  readonly rssBytesMax: number | null
}

/** Runs the jobs one after the other in one process; what the last of them needed. */
async function runJobs(flink: Flink, args: readonly string[]): Promise<FlinkRun> {
  const opens = OPENED_PACKAGES.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)
  const child = spawn('java', [...opens, '-cp', flink.classPath, 'FlinkBench', ...args])
  const errors: string[] = []
  const exited = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
    child.on('error', (error) => {
      errors.push(error.message)
      resolve()
    })
  })
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
  const used = processUse(child.pid ?? 0)
  const watch = setInterval(() => used.sample(), PEAK_POLL_MS)
  let cpuAtStart: number | null = null
  let last: FlinkRun | undefined
  let finished = 0
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = parseLine(line)
      if (event === undefined) continue
      const { cpuSeconds, rssBytesMax } = used.sample()
      if (event.kind === 'started') {
        cpuAtStart = cpuSeconds
        continue
      }
      const cpu = cpuSeconds === null || cpuAtStart === null ? null : cpuSeconds - cpuAtStart
      last = { seconds: event.seconds, cpuSeconds: cpu, rssBytesMax }
      // The process waits for this, so it is still there to be sampled.
      if (++finished === args.length - 2) child.stdin.end()
    }
    await exited
  } finally {
    clearInterval(watch)
    child.kill()
  }
  if (last === undefined || finished < args.length - 2) {
    throw new Error(`Flink ended before its jobs did:\n${errors.slice(0, STDERR_LINES_SHOWN).join('\n')}`)
  }
  return last
}

export type JobEvent = { readonly kind: 'started' } | { readonly kind: 'finished'; readonly seconds: number }

/** A line of `FlinkBench.java`; `undefined` for one of anybody else, such as a logger. */
export function parseLine(line: string): JobEvent | undefined {
  if (line === 'started') return { kind: 'started' }
  const seconds = Number(/^finished (\d+(?:\.\d+)?)$/.exec(line)?.[1])
  return seconds > 0 ? { kind: 'finished', seconds } : undefined
}

interface ProcessUse {
  readonly cpuSeconds: number | null
  readonly rssBytesMax: number | null
}

/** CPU time and peak memory of a process as last seen: both can't be read any more once it has ended. */
function processUse(pid: number): { sample(): ProcessUse } {
  let use: ProcessUse = { cpuSeconds: null, rssBytesMax: null }
  return {
    sample() {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        use = { cpuSeconds: cpuSecondsOf(stat), rssBytesMax: peakRssOf(status) ?? use.rssBytesMax }
      } catch {
        // It has ended, or there is no /proc.
      }
      return use
    },
  }
}

/** User and system time of `/proc/PID/stat`, seconds. The second field is a name that may hold blanks and brackets. */
export function cpuSecondsOf(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : null
}

/** Peak of the resident set of `/proc/PID/status`, bytes. */
export function peakRssOf(status: string): number | null {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) * 1024
}

/** What is not there of the tools, as one message; each is given as what it says of its version. */
export function missing(tools: Readonly<Record<'javac' | 'java' | 'maven', string | undefined>>): string | undefined {
  const old = (text: string | undefined) => Number(/(?:version "|javac )(\d+)/.exec(text ?? '')?.[1] ?? 0) < JAVA_MAJOR
  const lacks = [
    ...(old(tools.java) || old(tools.javac) ? [`a JDK, version ${JAVA_MAJOR} or later (java and javac)`] : []),
    ...(tools.maven === undefined ? ['Maven (mvn)'] : []),
  ]
  if (lacks.length === 0) return undefined
  return `--against flink needs ${lacks.join(' and ')} on the path; on Debian: apt install openjdk-17-jdk-headless maven`
}

function versionOf(pom: string): string {
  return /<flink\.version>([^<]+)</.exec(pom)?.[1] ?? 'unknown'
}

/** What a tool prints; `undefined` if it isn't there. `java -version` prints to standard error. */
async function output(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args)
    return stdout + stderr
  } catch {
    return undefined
  }
}

async function build(command: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(command, args)
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${command} can't build the Flink benchmark:\n${`${stdout ?? ''}${stderr ?? ''}`.trim()}`)
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
