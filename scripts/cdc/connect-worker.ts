// Kafka Connect with Debezium, as a process of this machine, that follows the tables of a PostgreSQL into Kafka. It can
// be killed, and goes on from what it had noted last: some changes then come twice.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { propertiesText } from '../kafka/broker-properties.ts'
import { DeathGuard, shellWord } from '../kafka/death-guard.ts'
import { freePorts } from '../kafka/free-ports.ts'
import { LoggedProcess } from '../kafka/logged-process.ts'
import { type JavaProgram, prepareJava } from '../maven-jars.ts'
import type { PostgresServer } from './postgres-server.ts'

const POM = join(import.meta.dirname, 'pom.xml')
const CONNECTOR = 'postgres'
const START_TIMEOUT_MS = 120_000
const POLL_MS = 200
const JVM_FLAGS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const LOG_FLAGS = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true']

export interface ConnectOptions {
  readonly bootstrap: string
  readonly postgres: PostgresServer
  /** Begins the names of the topics: `<prefix>.<schema>.<table>`. */
  readonly prefix: string
  /** With their schemas: `public.orders`. */
  readonly tables: readonly string[]
  readonly partitions: number
  readonly onProgress?: (line: string) => void
}

export class ConnectWorker implements AsyncDisposable {
  readonly #program: JavaProgram
  readonly #options: ConnectOptions
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-connect-'))
  readonly #guard = new DeathGuard()
  #port = 0
  #process: LoggedProcess | undefined

  private constructor(program: JavaProgram, options: ConnectOptions) {
    this.#program = program
    this.#options = options
  }

  /** Resolves when the connector runs; its snapshot of the tables may still be under way. */
  static async start(options: ConnectOptions): Promise<ConnectWorker> {
    const dependencies = { what: 'Kafka Connect with Debezium', pom: POM, cache: 'connect', megabytes: 40 }
    const worker = new ConnectWorker(await prepareJava(dependencies, options.onProgress), options)
    try {
      await worker.start()
      return worker
    } catch (error) {
      await worker[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Again, after `kill`. */
  async start(): Promise<void> {
    const [port = 0] = await freePorts(1)
    this.#port = port
    const files = [
      this.#write('worker', this.#workerProperties()),
      this.#write('connector', this.#connectorProperties()),
    ]
    const { java, classPath } = this.#program
    const main = 'org.apache.kafka.connect.cli.ConnectStandalone'
    const args = [...JVM_FLAGS, ...LOG_FLAGS, '-cp', classPath, main, ...files]
    const process = LoggedProcess.spawn(java, args, join(this.#directory, 'log'))
    this.#process = process
    this.#guard.set(`kill -9 ${process.pid}; rm -rf ${shellWord(this.#directory)}`)
    const deadline = performance.now() + START_TIMEOUT_MS
    while (!(await this.#runs())) {
      if (!process.running || performance.now() > deadline) {
        throw new Error(`Kafka Connect did not start; the end of its log:\n${process.tail()}`)
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** SIGKILL, whatever it is doing. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL')
    await this.#process?.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
    await this.#guard.release()
  }

  async #runs(): Promise<boolean> {
    const url = `http://127.0.0.1:${this.#port}/connectors/${CONNECTOR}/status`
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok !== true) return false
    const { tasks = [] } = (await response.json()) as { readonly tasks?: readonly { readonly state: string }[] }
    return tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING')
  }

  #write(name: string, properties: Readonly<Record<string, string>>): string {
    const path = join(this.#directory, `${name}.properties`)
    writeFileSync(path, propertiesText(properties))
    return path
  }

  #workerProperties(): Readonly<Record<string, string>> {
    return {
      'bootstrap.servers': this.#options.bootstrap,
      'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'offset.storage.file.filename': join(this.#directory, 'offsets'),
      // Seldom enough that a kill makes it send changes again.
      'offset.flush.interval.ms': '2000',
      listeners: `http://127.0.0.1:${this.#port}`,
    }
  }

  #connectorProperties(): Readonly<Record<string, string>> {
    const { postgres, prefix, tables, partitions } = this.#options
    return {
      name: CONNECTOR,
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'plugin.name': 'pgoutput',
      'database.hostname': '127.0.0.1',
      'database.port': String(postgres.port),
      'database.user': postgres.user,
      'database.dbname': postgres.database,
      'topic.prefix': prefix,
      'table.include.list': tables.join(','),
      'topic.creation.default.replication.factor': '1',
      'topic.creation.default.partitions': String(partitions),
    }
  }
}
