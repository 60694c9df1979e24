// One or three real brokers as processes of this machine, for development, tests and faults. Each has its own folder,
// ports that stay the same over restarts, and a log whose end is shown when it does not start. Whatever happens to the
// process that started them, no broker outlives it.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type BoundListener, brokerProperties, PLAIN_LISTENER, propertiesText } from './broker-properties.ts'
import { DeathGuard, shellWord } from './death-guard.ts'
import { freePorts, isFree } from './free-ports.ts'
import { bindListener, type KafkaListener, type KafkaUser, scramArguments } from './kafka-listener.ts'
import { type KafkaProgram, prepareKafka } from './kafka-program.ts'
import { LoggedProcess } from './logged-process.ts'

export interface KafkaClusterOptions {
  readonly brokers?: 1 | 3 | undefined
  /** Port of the first broker, the others have the next ones; otherwise free ports are found. */
  readonly port?: number | undefined
  /** Kept, and opened again if it has data; otherwise a temporary one that `close` removes. */
  readonly dataDirectory?: string | undefined
  /** Besides the plain one on 127.0.0.1 that is always there. */
  readonly listeners?: readonly KafkaListener[] | undefined
  /** Who can log in at listeners with SASL; SCRAM users exist from the first start on. */
  readonly users?: readonly KafkaUser[] | undefined
  /** Properties of every broker, over those of the harness. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** What the JVM is good at: being up soon and small, or taking load. */
  readonly tuning?: 'start' | 'load' | undefined
  readonly onProgress?: ((line: string) => void) | undefined
  /** A broker ended that nobody stopped. */
  readonly onBrokerLost?: ((message: string) => void) | undefined
}

/** One broker: what stays the same while its processes come and go. */
interface Broker {
  readonly id: number
  readonly directory: string
  readonly listeners: readonly BoundListener[]
  process: LoggedProcess | undefined
}

const START_TIMEOUT_MS = 90_000
/** A broker that hands its partitions over needs seconds; one that waits for a lost quorum never ends. */
const STOP_TIMEOUT_MS = 15_000
/** Logged when the broker is registered, unfenced, has caught up, and its listeners take requests. */
export const READY_LINE = 'Kafka Server started'
const HEAP = { alone: '-Xmx512m', oneOfThree: '-Xmx384m' }
const JVM_FLAGS: Readonly<Record<'start' | 'load', readonly string[]>> = {
  // C1 alone: 1.5 s to start instead of 2.0 s, and 1.9 s of processor time instead of 3.1 s.
  start: ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  load: ['-XX:+UseG1GC'],
}
const LOG_FLAGS = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
]

export class KafkaCluster implements AsyncDisposable {
  readonly version: string
  readonly #program: KafkaProgram
  readonly #options: KafkaClusterOptions
  readonly #directory: string
  readonly #guard = new DeathGuard()
  readonly #brokers: Broker[] = []

  private constructor(program: KafkaProgram, options: KafkaClusterOptions) {
    this.version = program.version
    this.#program = program
    this.#options = options
    const { dataDirectory } = options
    this.#directory = dataDirectory === undefined ? mkdtempSync(join(tmpdir(), 'weir-kafka-')) : resolve(dataDirectory)
  }

  /** Resolves when all brokers are registered and take requests: a topic with all replicas can be made at once. */
  static async start(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
    const { brokers: count = 1, onProgress = () => {} } = options
    const program = await prepareKafka(onProgress)
    const cluster = new KafkaCluster(program, options)
    try {
      await cluster.#prepare(count)
      onProgress(count === 1 ? 'starting a broker' : `starting ${count} brokers`)
      await Promise.all(cluster.brokerIds.map((id) => cluster.startBroker(id)))
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  /** 1, or 1 to 3. */
  get brokerIds(): readonly number[] {
    return this.#brokers.map(({ id }) => id)
  }

  /** Addresses of all brokers at the plain listener, with commas. */
  get bootstrap(): string {
    return this.bootstrapOf(PLAIN_LISTENER)
  }

  /** The same at a listener of one's own. */
  bootstrapOf(listener: string): string {
    return this.#brokers
      .map(({ listeners }) => listeners.find(({ name }) => name === listener)?.advertise)
      .map((address) => address ?? fail(`there is no listener "${listener}"`))
      .join(',')
  }

  /**
   * Starts one that was stopped, on its ports and its data. Of three brokers two must run for one to become ready, so
   * after all were stopped they are started at once, with `Promise.all`.
   */
  async startBroker(id: number): Promise<void> {
    const broker = this.#broker(id)
    if (broker.process?.running) throw new Error(`broker ${id} runs already`)
    const { java, classPath } = this.#program
    const { tuning = 'start' } = this.#options
    const heap = this.#brokers.length === 1 ? HEAP.alone : HEAP.oneOfThree
    const flags = [heap, ...JVM_FLAGS[tuning], ...LOG_FLAGS]
    const args = [...flags, '-cp', classPath, 'kafka.Kafka', join(broker.directory, 'server.properties')]
    const started = LoggedProcess.spawn(java, args, join(broker.directory, 'broker.log'))
    broker.process = started
    this.#guardAll()
    await started.ready(READY_LINE, START_TIMEOUT_MS).catch((error: unknown) => {
      throw new Error(`broker ${id} did not start: ${error instanceof Error ? error.message : error}`)
    })
    void started.exited.then(() => {
      if (broker.process !== started) return
      broker.process = undefined
      this.#guardAll()
      this.#options.onBrokerLost?.(`broker ${id} ended; the end of its log:\n${started.tail()}`)
    })
  }

  /** SIGTERM hands its partitions over first, SIGKILL does not. Resolves when the process is gone. */
  async stopBroker(id: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { process } = this.#broker(id)
    if (process === undefined) return
    this.#broker(id).process = undefined
    process.signal(signal)
    // What is paused gets its SIGTERM only when it goes on.
    process.signal('SIGCONT')
    const timer = setTimeout(() => process.signal('SIGKILL'), STOP_TIMEOUT_MS)
    await process.exited
    clearTimeout(timer)
    this.#guardAll()
  }

  /** The process stands still, with its connections open. */
  pauseBroker(id: number): void {
    this.#running(id).signal('SIGSTOP')
  }

  resumeBroker(id: number): void {
    this.#running(id).signal('SIGCONT')
  }

  pidOf(id: number): number {
    return this.#running(id).pid ?? fail(`broker ${id} does not run`)
  }

  /** What the broker has logged last, at the level of warnings. */
  logTail(id: number): string {
    return this.#running(id).tail()
  }

  /** Ends all brokers; temporary data is removed. */
  async close(): Promise<void> {
    // Data that nobody will read needs no orderly end; data that is kept then needs no recovery.
    const signal = this.#options.dataDirectory === undefined ? 'SIGKILL' : 'SIGTERM'
    await Promise.all(this.brokerIds.map((id) => this.stopBroker(id, signal)))
    if (this.#options.dataDirectory === undefined) rmSync(this.#directory, { recursive: true, force: true })
    await this.#guard.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #prepare(count: 1 | 3): Promise<void> {
    const { port, listeners = [], users = [], properties = {} } = this.#options
    mkdirSync(this.#directory, { recursive: true })
    this.#guardAll()
    const before = readdirSync(this.#directory).filter((name) => name.startsWith('broker-')).length
    if (before !== 0 && before !== count) {
      throw new Error(`"${this.#directory}" has the data of ${before} brokers and can't be opened with ${count}`)
    }
    const controllers = (await freePorts(count)).map((free, at) => ({ nodeId: at + 1, address: `127.0.0.1:${free}` }))
    const all: readonly KafkaListener[] = [{ name: PLAIN_LISTENER }, ...listeners]
    const clusterId = this.#clusterId()
    for (const { nodeId } of controllers) {
      const plainPort = port === undefined ? [] : [await takenPort(port + nodeId - 1)]
      const ports = [...plainPort, ...(await freePorts(all.length - plainPort.length))]
      const directory = join(this.#directory, `broker-${nodeId}`)
      const bound = all.map((listener, at) => bindListener(listener, ports[at] ?? 0, users))
      mkdirSync(directory, { recursive: true })
      const dataDirectory = join(directory, 'data')
      const settings = { nodeId, controllers, dataDirectory, listeners: bound, properties }
      writeFileSync(join(directory, 'server.properties'), propertiesText(brokerProperties(settings)))
      this.#brokers.push({ id: nodeId, directory, listeners: bound, process: undefined })
    }
    await Promise.all(this.#brokers.map((broker) => this.#format(broker, clusterId, users)))
  }

  /** That of the data that is there already, else a new one. */
  #clusterId(): string {
    const path = join(this.#directory, 'broker-1/data/meta.properties')
    const known = existsSync(path) ? /^cluster\.id=(.+)$/m.exec(readFileSync(path, 'utf8'))?.[1] : undefined
    return known ?? newClusterId()
  }

  async #format({ id, directory }: Broker, clusterId: string, users: readonly KafkaUser[]): Promise<void> {
    const { java, classPath } = this.#program
    const tool = [...JVM_FLAGS.start, ...LOG_FLAGS, '-cp', classPath, 'kafka.tools.StorageTool', 'format']
    const what = ['--cluster-id', clusterId, '--config', join(directory, 'server.properties'), '--ignore-formatted']
    try {
      await promisify(execFile)(java, [...tool, ...what, ...scramArguments(users)])
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
      throw new Error(`the data directory of broker ${id} could not be formatted:\n${stdout ?? ''}${stderr ?? ''}`)
    }
  }

  /** Tells the guard what there is to clean up now. */
  #guardAll(): void {
    const pids = this.#brokers.flatMap(({ process }) => process?.pid ?? [])
    const kill = pids.length === 0 ? ':' : `kill -9 ${pids.join(' ')}`
    const remove = this.#options.dataDirectory === undefined ? `rm -rf ${shellWord(this.#directory)}` : ':'
    this.#guard.set(`${kill}; ${remove}`)
  }

  #broker(id: number): Broker {
    return this.#brokers.find((broker) => broker.id === id) ?? fail(`there is no broker ${id}`)
  }

  #running(id: number): LoggedProcess {
    return this.#broker(id).process ?? fail(`broker ${id} does not run`)
  }
}

/** 16 bytes as Kafka writes them; it takes a first "-" for an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}

async function takenPort(port: number): Promise<number> {
  if (!(await isFree(port))) throw new Error(`port ${port} is in use: choose another one`)
  return port
}

function fail(message: string): never {
  throw new Error(message)
}
