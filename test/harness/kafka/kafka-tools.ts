// Kafka's own command line tools against a broker: what they write and read is right whatever our adapter does. Each
// call starts a JVM, which takes a second.

import { spawn } from 'node:child_process'
import { type KafkaProgram, prepareKafka } from '../../../scripts/kafka/kafka-program.ts'

const JVM_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const LOG_FLAGS = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
const TOOLS = 'org.apache.kafka.tools'

export class KafkaTools {
  readonly #program: KafkaProgram
  readonly #bootstrap: string

  private constructor(program: KafkaProgram, bootstrap: string) {
    this.#program = program
    this.#bootstrap = bootstrap
  }

  static async at(bootstrap: string): Promise<KafkaTools> {
    return new KafkaTools(await prepareKafka(), bootstrap)
  }

  async createTopic(topic: string, options: { partitions?: number; replicas?: number } = {}): Promise<void> {
    const { partitions = 1, replicas = 1 } = options
    const counts = ['--partitions', `${partitions}`, '--replication-factor', `${replicas}`]
    await this.run(`${TOOLS}.TopicCommand`, ['--create', '--topic', topic, ...counts])
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.run(`${TOOLS}.TopicCommand`, ['--delete', '--topic', topic])
  }

  /** `--describe`, a line a partition: leader, replicas, those in sync. */
  async describeTopic(topic: string): Promise<string> {
    return this.run(`${TOOLS}.TopicCommand`, ['--describe', '--topic', topic])
  }

  /** One record a line; returns when all replicas that have to have confirmed each. */
  async produce(topic: string, lines: readonly string[], properties: readonly string[] = []): Promise<void> {
    // Without --sync it ends with 0 whether the records were taken or not.
    const options = ['--sync', '--topic', topic, ...withProperties(['acks=all', ...properties], '--producer-property')]
    await this.run(`${TOOLS}.ConsoleProducer`, options, lines.map((line) => `${line}\n`).join(''))
  }

  /** The same in batches as large as `properties` allow, each of them compressed. */
  async produceBatches(
    topic: string,
    lines: readonly string[],
    compression: string,
    properties: readonly string[],
  ): Promise<void> {
    const given = withProperties(['acks=all', ...properties], '--producer-property')
    // The tool's own option wins over the property, also when it is not given.
    const options = ['--topic', topic, '--compression-codec', compression, ...given]
    await this.run(`${TOOLS}.ConsoleProducer`, options, lines.map((line) => `${line}\n`).join(''))
  }

  /** Values of the first records of a topic, committed ones only. */
  async consume(topic: string, count: number, properties: readonly string[] = []): Promise<readonly string[]> {
    const options = ['--topic', topic, '--from-beginning', '--max-messages', `${count}`]
    const committed = withProperties(['isolation.level=read_committed', ...properties], '--consumer-property')
    const output = await this.run(`${TOOLS}.consumer.ConsoleConsumer`, [
      ...options,
      '--timeout-ms',
      '30000',
      ...committed,
    ])
    return output.split('\n').slice(0, -1)
  }

  /** Any of them, by its class; what it prints. */
  async run(mainClass: string, args: readonly string[], input = ''): Promise<string> {
    const { command, args: all } = this.commandLine(mainClass, args)
    const child = spawn(command, all, { stdio: ['pipe', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    if (code === 0) return Buffer.concat(output).toString()
    throw new Error(`${mainClass} failed:\n${Buffer.concat([...output, ...errors])}`)
  }

  /** For who starts the process in another way, such as in a network namespace. */
  commandLine(mainClass: string, args: readonly string[]): { readonly command: string; readonly args: string[] } {
    const { java, classPath } = this.#program
    const own = ['--bootstrap-server', this.#bootstrap]
    return { command: java, args: [...JVM_FLAGS, ...LOG_FLAGS, '-cp', classPath, mainClass, ...own, ...args] }
  }
}

function withProperties(properties: readonly string[], flag: string): readonly string[] {
  return properties.flatMap((property) => [flag, property])
}
