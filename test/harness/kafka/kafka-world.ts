import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { type Admin, type Consumer, type IHeaders, Kafka, logLevel } from 'kafkajs'
import { formatRegistry } from '../../../src/adapters/formats/registry.ts'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { openKafkaStorage } from '../../../src/adapters/kafka/kafka-storage.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import type { Compression } from '../../../src/core/compression.ts'
import type { Row } from '../../../src/core/value.ts'
import { WeirRuntime } from '../../../src/runtime/weir-runtime.ts'
import { loadConfig } from '../../../src/server/config/config.ts'
import { spawnTaskThread } from '../../../src/server/engine/spawn-task-thread.ts'
import type { KafkaUnderTest } from './describe-kafka.ts'

/**
 * One replica over a real broker, and beside it another client (kafkajs), which writes and reads what is right whatever
 * ours does. All topics begin with `prefix` and are deleted in the end.
 */
export interface WorldMessage {
  readonly key?: string | null
  readonly value: string | null
  readonly timestamp?: number
  readonly partition?: number
  readonly headers?: IHeaders
}

export interface ReadMessage {
  readonly key: string | undefined
  readonly value: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

export interface StartOptions {
  readonly compression?: Compression
  /** Undefined runs tasks in this thread. */
  readonly threads?: number
}

const READ_MS_MAX = 30_000
const SESSION_TIMEOUT_MS = 2_000
let opened = 0

export class KafkaWorld implements AsyncDisposable {
  readonly prefix: string
  readonly log: KafkaLog
  readonly client: Kafka
  readonly #connection: { readonly bootstrapBrokers: string[] }
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  /** Threads that were started for tasks, dead ones too. */
  readonly workers: Worker[] = []
  #runtime: WeirRuntime | undefined

  private constructor(kafka: KafkaUnderTest) {
    this.prefix = `${kafka.prefix}-world-${++opened}`
    this.#connection = { bootstrapBrokers: [kafka.bootstrap] }
    this.log = new KafkaLog({ connection: this.#connection, replicationFactor: 1 })
    this.client = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING })
  }

  static async open(kafka: KafkaUnderTest, options?: StartOptions): Promise<KafkaWorld> {
    const world = new KafkaWorld(kafka)
    await world.start(options)
    return world
  }

  get runtime(): WeirRuntime {
    if (this.#runtime === undefined) throw new Error('the replica is stopped')
    return this.#runtime
  }

  /** After `stop`: the same replica again. */
  async start({ threads, ...options }: StartOptions = {}): Promise<void> {
    const { prefix } = this
    const storage = await openKafkaStorage({
      connection: this.#connection,
      prefix,
      dataDirectory: this.#directory,
      replicationFactor: 1,
      ...options,
    })
    this.#runtime = await WeirRuntime.open({
      storage,
      formats: formatRegistry(),
      clock: new SystemClock(),
      replica: { name: 'a', address: '', sessionTimeoutMs: SESSION_TIMEOUT_MS },
      threads: threads === undefined ? undefined : { count: threads, spawn: () => this.#spawn() },
    })
  }

  #spawn(): Worker {
    const kafka = this.#connection.bootstrapBrokers.join()
    const flags = { kafka, kafkaPrefix: this.prefix, dataDirectory: this.#directory, kafkaReplicationFactor: 1 }
    const worker = spawnTaskThread(loadConfig({ flags }))
    this.workers.push(worker)
    return worker
  }

  async stop(): Promise<void> {
    await this.#runtime?.close()
    this.#runtime = undefined
  }

  /** The full name of a topic that is made. */
  async topic(name: string, partitions = 1): Promise<string> {
    const full = `${this.prefix}.${name}`
    await this.log.createTopic({ name: full, partitions, retentionMs: undefined, retentionBytes: undefined })
    return full
  }

  async execute(sql: string): Promise<void> {
    for await (const result of this.runtime.execute(sql, { session: new Map() })) {
      if (result.kind === 'rows') await result.results.close()
    }
  }

  /** Rows in the order of their first column. */
  async select(sql: string): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const event of await this.runtime.query(sql)) if (event.kind === 'rows') rows.push(...event.rows)
    return rows.sort((a, b) => (Number(a[0]) < Number(b[0]) ? -1 : 1))
  }

  /** Written by the other client. */
  async produce(topic: string, messages: readonly WorldMessage[]): Promise<void> {
    const producer = this.client.producer()
    await producer.connect()
    const sent = messages.map(({ timestamp, ...message }) => ({
      ...message,
      ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
    }))
    await producer.send({ topic, messages: sent })
    await producer.disconnect()
  }

  /** The first records that the other client reads there, committed ones. */
  async consume(topic: string, count: number): Promise<readonly ReadMessage[]> {
    const consumer = this.client.consumer({ groupId: `${this.prefix}-reader` })
    const messages: ReadMessage[] = []
    try {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await this.#read(consumer, count, messages)
    } finally {
      await consumer.disconnect()
    }
    return messages
  }

  async admin<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.client.admin()
    await admin.connect()
    try {
      return await act(admin)
    } finally {
      await admin.disconnect()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    for (const name of await this.log.topicNames()) {
      if (name.startsWith(this.prefix)) await this.log.deleteTopic(name)
    }
    await this.leave()
  }

  /** Without deleting its topics: for a broker that ends with them. */
  async leave(): Promise<void> {
    await this.stop()
    await this.log.close()
    rmSync(this.#directory, { recursive: true })
  }

  #read(consumer: Consumer, count: number, messages: ReadMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${messages.length} of ${count} records came`))
      const timer = setTimeout(late, READ_MS_MAX)
      const eachMessage = async ({
        message,
      }: {
        message: { key: Buffer | null; value: Buffer | null; headers?: IHeaders }
      }) => {
        const { key, value, headers = {} } = message
        messages.push({ key: key?.toString(), value: value?.toString(), headers: texts(headers) })
        if (messages.length < count) return
        clearTimeout(timer)
        resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
  }
}

function texts(headers: IHeaders): ReadMessage['headers'] {
  const text = (value: Buffer | string) => value.toString()
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.map(text) : text(value)]),
  )
}
