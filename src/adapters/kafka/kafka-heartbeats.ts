import { Listeners } from '../../core/listeners.ts'
import type { Heartbeat, HeartbeatLog, HeartbeatRecord } from '../../engine/ports/replicas.ts'
import { OutputProducer } from './output-producer.ts'
import { PartitionReader, type PartitionRecord } from './partition-reader.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * The heartbeats of all replicas in a topic of one partition, whose records bear the time of the broker: no clock of a
 * replica counts.
 */
const FOLLOW_WAIT_MS = 250
const RETRY_MS = 250
/** Written by others, maybe by a later version: anything longer is none of ours. */
const HEARTBEAT_BYTES_MAX = 1024 * 1024

export class KafkaHeartbeats implements HeartbeatLog {
  readonly #connection: KafkaClientOptions
  readonly #topic: string
  readonly #listeners = new Listeners<readonly HeartbeatRecord[]>()
  #reader: PartitionReader | undefined
  #producer: OutputProducer | undefined
  #following: Promise<void> | undefined
  #closed = false

  constructor(connection: KafkaClientOptions, topic: string) {
    this.#connection = connection
    this.#topic = topic
  }

  async follow(listener: (records: readonly HeartbeatRecord[]) => void): Promise<void> {
    this.#listeners.add(listener)
    const reader = await PartitionReader.open(this.#connection, this.#topic, 0)
    this.#reader = reader
    reader.position = await reader.start()
    const end = await reader.end()
    while (reader.position < end) this.#tell(await reader.read(FOLLOW_WAIT_MS))
    this.#following = this.#follow(reader)
  }

  async append(heartbeat: Heartbeat): Promise<void> {
    this.#producer ??= await OutputProducer.open(this.#connection, `heartbeat-${heartbeat.name}`)
    const producer = this.#producer
    try {
      const records = [{ key: Buffer.from(heartbeat.name), value: encode(heartbeat), timestamp: Number.NaN }]
      await producer.write([{ topic: this.#topic, partition: 0, records }])
    } catch (error) {
      // A new one for the next: what became of the sequence numbers of this one is not known.
      if (this.#producer === producer) this.#producer = undefined
      await producer.close()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#following
    await this.#reader?.close()
    await this.#producer?.close()
  }

  async #follow(reader: PartitionReader): Promise<void> {
    while (!this.#closed) {
      try {
        this.#tell(await reader.read(FOLLOW_WAIT_MS))
      } catch {
        // The brokers are away: no time passes in the log, and nobody dies of it.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  #tell(records: readonly PartitionRecord[]): void {
    if (records.length === 0) return
    this.#listeners.call(
      records.map(({ offset, timestampMs, value }) => ({ position: offset, timestampMs, heartbeat: decode(value) })),
    )
  }
}

function encode({ held, ...heartbeat }: Heartbeat): Uint8Array {
  return Buffer.from(JSON.stringify({ ...heartbeat, held: [...held] }))
}

/** Undefined for what is no heartbeat that this version can read: the topic is input like any other. */
function decode(value: Uint8Array | null): Heartbeat | undefined {
  if (value === null || value.length > HEARTBEAT_BYTES_MAX) return undefined
  try {
    const fields = JSON.parse(Buffer.from(value).toString()) as Record<string, unknown>
    const { name, process, address, leaving, running, held } = fields
    const texts = [name, process, address].every((one) => typeof one === 'string')
    const numbers = ['incarnation', 'sequence', 'protocol', 'threads', 'sessionTimeoutMs'].every((key) =>
      Number.isFinite(fields[key]),
    )
    if (!texts || !numbers || typeof leaving !== 'boolean') return undefined
    if (!Array.isArray(running) || !running.every((one) => typeof one === 'string')) return undefined
    if (!Array.isArray(held) || !held.every(isHeld)) return undefined
    return { ...(fields as unknown as Heartbeat), held: new Map(held as [string, number][]) }
  } catch {
    return undefined
  }
}

function isHeld(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Number.isFinite(entry[1])
}
