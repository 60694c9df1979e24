// One broker in a container of Kafka's own image, where there is Docker but no Java. It has the same properties as one
// that runs as a process here. Its data goes with it.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BrokerSettings, brokerProperties, PLAIN_LISTENER } from './broker-properties.ts'
import { DeathGuard, shellWord } from './death-guard.ts'
import { freePorts } from './free-ports.ts'
import { READY_LINE } from './kafka-cluster.ts'
import { KAFKA_VERSION } from './kafka-program.ts'
import { LoggedProcess } from './logged-process.ts'

/** The image may have to be fetched first: 400 MB. */
const START_TIMEOUT_MS = 600_000
const INNER_PORT = 9092

/** Whether a Docker is here that can run containers. */
export async function hasDocker(): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['info', '--format', '{{.ServerVersion}}'])
    return true
  } catch {
    return false
  }
}

export class DockerBroker implements AsyncDisposable {
  readonly version = KAFKA_VERSION
  readonly bootstrap: string
  readonly #name: string
  readonly #process: LoggedProcess
  readonly #guard: DeathGuard
  readonly #directory: string

  private constructor(bootstrap: string, name: string) {
    this.bootstrap = bootstrap
    this.#name = name
    this.#directory = mkdtempSync(join(tmpdir(), 'weir-kafka-'))
    this.#guard = new DeathGuard()
    this.#guard.set(`docker kill ${name}; rm -rf ${shellWord(this.#directory)}`)
    this.#process = LoggedProcess.spawn('docker', dockerArguments(name, bootstrap), join(this.#directory, 'broker.log'))
  }

  static async start(port?: number | undefined): Promise<DockerBroker> {
    const address = `127.0.0.1:${port ?? (await freePorts(1))[0]}`
    const broker = new DockerBroker(address, `weir-kafka-${process.pid}-${Date.now()}`)
    try {
      await broker.#process.ready(READY_LINE, START_TIMEOUT_MS)
      return broker
    } catch (error) {
      await broker.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await promisify(execFile)('docker', ['kill', this.#name]).catch(() => {})
    this.#process.signal('SIGKILL')
    await this.#process.exited
    rmSync(this.#directory, { recursive: true, force: true })
    await this.#guard.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** `docker run …`: the image reads `log.dirs` from KAFKA_LOG_DIRS, and so on for each property. */
export function dockerArguments(name: string, address: string): readonly string[] {
  const listener = { bind: `0.0.0.0:${INNER_PORT}`, advertise: address, protocol: 'PLAINTEXT', properties: {} } as const
  const settings: BrokerSettings = {
    nodeId: 1,
    controllers: [{ nodeId: 1, address: `127.0.0.1:${INNER_PORT + 1}` }],
    dataDirectory: '/tmp/kraft-combined-logs',
    listeners: [{ name: PLAIN_LISTENER, ...listener }],
    properties: {},
  }
  const variable = (key: string) => `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`
  const variables = Object.entries(brokerProperties(settings)).flatMap(([key, value]) => [
    '--env',
    `${variable(key)}=${value}`,
  ])
  const image = `apache/kafka:${KAFKA_VERSION}`
  return ['run', '--rm', '--name', name, '--publish', `${address}:${INNER_PORT}`, ...variables, image]
}
