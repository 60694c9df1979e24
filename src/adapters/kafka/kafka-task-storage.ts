import { assert } from '../../core/assert.ts'
import type { Compression } from '../../core/compression.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import type {
  Checkpoint,
  RestoreProgress,
  StateStore,
  TaskSnapshot,
  TaskStorage,
  TaskTopics,
} from '../../engine/ports/state.ts'
import { storeName } from '../embedded/tables.ts'
import { checkRecords } from '../log-rules.ts'
import { checkpointRecord, entryRecord } from './changelog.ts'
import { KafkaSnapshot } from './kafka-snapshot.ts'
import type { KafkaStateOptions } from './kafka-state.ts'
import { OutputProducer } from './output-producer.ts'
import { PartitionReader } from './partition-reader.ts'
import { type ProducedBatch, partitionKey } from './produce.ts'
import { TaskDirectory } from './task-directory.ts'
import { TransactionalProducer } from './transactional-producer.ts'

/**
 * State, positions and output of one task over Kafka.
 *
 * A commit is one Kafka transaction (output, the changed entries for the changelog, and the checkpoint with the input
 * positions behind them), then one transaction of LMDB with the same changes. Kafka first: a crash in between leaves
 * the local copy behind, and the next open reads the rest of the changelog; the copy is never ahead. The positions are
 * part of the changelog, not of a consumer group, so that state, watermarks and positions can't come apart.
 *
 * To open: fence whoever wrote before (which also ends its open transaction), then read the changelog to its end. Only
 * in this order is what was read final.
 */
export interface KafkaTaskOptions extends KafkaStateOptions {
  readonly taskId: string
  readonly topics: TaskTopics
  readonly directory: string
  readonly onRestore?: ((progress: RestoreProgress) => void) | undefined
  readonly onClose: () => void
}

export class KafkaTaskStorage implements TaskStorage {
  readonly #options: KafkaTaskOptions
  readonly #producer: TransactionalProducer
  readonly #directory: TaskDirectory
  readonly #changelogId: string
  readonly #stores = new Map<string, RecordingStore>()
  readonly #views = new Set<TaskSnapshot>()
  /** Writes outside the transaction, where the guarantee is a weaker one. */
  #outside: OutputProducer | undefined
  #resultEnd: number | undefined
  #checkpoint: Checkpoint | undefined
  #changes: OutputRecord[] = []
  #output: ProducedBatch[] = []
  #state: 'open' | 'committing' | 'failed' | 'closed' = 'open'

  private constructor(
    options: KafkaTaskOptions,
    producer: TransactionalProducer,
    directory: TaskDirectory,
    changelogId: string,
    resultEnd: number | undefined,
  ) {
    this.#options = options
    this.#producer = producer
    this.#directory = directory
    this.#changelogId = changelogId
    this.#resultEnd = resultEnd
    const { checkpoint } = directory
    this.#checkpoint = checkpoint === undefined || checkpoint.epoch === 0 ? undefined : checkpoint
  }

  static async open(options: KafkaTaskOptions): Promise<KafkaTaskStorage> {
    const { connection, compression, prefix, taskId, topics } = options
    const { topic, partition } = topics.changelog
    const producer = await TransactionalProducer.open(connection, `${prefix}/${taskId}`, compression)
    let directory: TaskDirectory | undefined
    let reader: PartitionReader | undefined
    try {
      directory = await TaskDirectory.open(options.directory, taskId)
      reader = await PartitionReader.open(connection, topic, partition)
      const ended = await resultEnd(options)
      const to = { end: await reader.end(), resultEnd: ended, nowMs: Date.now() }
      await directory.restore(reader, to, options.onRestore)
      return new KafkaTaskStorage(options, producer, directory, reader.topicId, ended)
    } catch (error) {
      await producer.close()
      await directory?.close()
      throw error
    } finally {
      await reader?.close()
    }
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  store(operatorId: string, table: string): StateStore {
    const name = storeName(operatorId, table)
    const known = this.#stores.get(name)
    if (known !== undefined) return known
    const store = new RecordingStore(this.#directory.store(operatorId, table), name, (record) => {
      this.#check()
      this.#changes.push(record)
    })
    this.#stores.set(name, store)
    return store
  }

  append(topic: string, partition: number, records: readonly OutputRecord[], compression?: Compression): void {
    this.#check()
    checkRecords(topic, records)
    this.#output.push({ topic, partition, records, compression })
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.#check()
    const epoch = (this.#checkpoint?.epoch ?? 0) + 1
    assert(checkpoint.epoch === epoch, `task ${this.#options.taskId} commits epoch ${checkpoint.epoch} of ${epoch}`)
    this.#state = 'committing'
    try {
      await this.#commit(checkpoint)
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
    this.#changes = []
    this.#output = []
    this.#state = 'open'
  }

  stateBytes(): number {
    return this.#directory.stateBytes()
  }

  snapshot(): TaskSnapshot {
    const view = new KafkaSnapshot(this.#directory.snapshot(), () => this.#views.delete(view))
    this.#views.add(view)
    return view
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#options.onClose()
    // LMDB does not survive a view that is read after its environment was closed.
    for (const view of [...this.#views]) view.close()
    await this.#outside?.close()
    await this.#producer.close()
    await this.#directory.close()
  }

  /**
   * The guarantee is the order of two writes: output with the positions, before them (what is read again after a crash
   * is written twice), or behind them (what was not written is lost). State and positions are in one transaction
   * always, so that a task that lost its partition can't write over the state of the one that has it.
   */
  async #commit(checkpoint: Checkpoint): Promise<void> {
    const { changelog, result, guarantee } = this.#options.topics
    const own = { ...changelog, records: [...this.#changes, checkpointRecord(checkpoint)] }
    const ends = new Map<string, number>()
    const write = async (transaction: readonly ProducedBatch[]) => {
      for (const [key, end] of await this.#producer.commit(transaction)) ends.set(key, end)
    }
    const writeOutput = async () => {
      const { connection, taskId, compression } = this.#options
      this.#outside ??= await OutputProducer.open(connection, taskId, compression)
      for (const [key, end] of await this.#outside.write(this.#output)) ends.set(key, end)
    }
    if (guarantee === 'at-least-once') await writeOutput()
    await write(guarantee === 'exactly-once' ? [...this.#output, own] : [own])
    if (guarantee === 'at-most-once') await writeOutput()
    if (result !== undefined) {
      this.#resultEnd = ends.get(partitionKey(result.topic, result.partition)) ?? this.#resultEnd
    }
    const changelogEnd = ends.get(partitionKey(changelog.topic, changelog.partition))
    assert(changelogEnd !== undefined, 'the checkpoint is in the changelog')
    const { epoch } = checkpoint
    const log = { epoch, changelogId: this.#changelogId, changelogEnd, resultEnd: this.#resultEnd }
    this.#checkpoint = { ...checkpoint, log }
    await this.#directory.commit(this.#checkpoint)
  }

  #check(): void {
    const { taskId } = this.#options
    assert(this.#state !== 'committing', `task ${taskId}: state is used while a commit is under way`)
    assert(this.#state !== 'closed', `task ${taskId}: state is used after it was closed`)
    assert(this.#state !== 'failed', `task ${taskId}: state is used after a failed commit`)
  }
}

/** The writer before was fenced: what the result log holds now is all that was committed. */
async function resultEnd({ connection, topics: { result } }: KafkaTaskOptions): Promise<number | undefined> {
  if (result === undefined) return undefined
  const reader = await PartitionReader.open(connection, result.topic, result.partition)
  try {
    return await reader.end()
  } finally {
    await reader.close()
  }
}

/** A store that tells each change to the changelog as well. */
class RecordingStore implements StateStore {
  readonly #inner: StateStore
  readonly #name: Uint8Array
  readonly #record: (record: OutputRecord) => void

  constructor(inner: StateStore, name: string, record: (record: OutputRecord) => void) {
    this.#inner = inner
    this.#name = Buffer.from(name)
    this.#record = record
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#inner.get(key)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#record(entryRecord(this.#name, key, value))
    this.#inner.put(key, value)
  }

  delete(key: Uint8Array): void {
    this.#record(entryRecord(this.#name, key, null))
    this.#inner.delete(key)
  }

  scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]> {
    return this.#inner.scan(from, to)
  }
}
