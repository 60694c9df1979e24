import { AppError } from '../core/errors.ts'
import { PARTITIONS_MAX } from '../core/limits.ts'
import type { OutputRecord, ProducerSequence, TopicSpec } from '../engine/ports/log.ts'

/** What every log of ours asks of its callers, and how it says no: one text for the embedded and the memory log. */

/** Kafka's rule for names, so that a stream can move there: letters, digits, `.`, `_`, `-`, at most 249. */
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/
/** A record is held in memory as a whole, several times; Kafka's default is 1 MiB. */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024
/** Producer ids are part of a key. */
export const PRODUCER_ID_BYTES_MAX = 256

/** A producer that was silent this long is forgotten, as in Kafka (producer.id.expiration.ms: one day there). */
export const PRODUCER_IDLE_MAX_MS = 7 * 86_400_000

export function checkTopicSpec(spec: TopicSpec): void {
  if (!TOPIC_NAME.test(spec.name)) {
    throw new AppError('INVALID_ARGUMENT', `topic name "${spec.name.slice(0, 300)}" is not valid`, {
      hint: 'Use 1 to 249 letters, digits, dots, underscores and hyphens.',
    })
  }
  if (!Number.isInteger(spec.partitions) || spec.partitions < 1 || spec.partitions > PARTITIONS_MAX) {
    throw new AppError('INVALID_ARGUMENT', `topic "${spec.name}" can't have ${spec.partitions} partitions`, {
      hint: `Use 1 to ${PARTITIONS_MAX}.`,
    })
  }
}

/** What a record brings with it; each log adds what it costs to keep it. */
export function recordBytes({ key, value, headers }: OutputRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, header] of headers ?? []) bytes += Buffer.byteLength(name) + (header?.length ?? 0)
  return bytes
}

export function checkRecords(topic: string, records: readonly OutputRecord[]): void {
  for (const record of records) {
    const bytes = recordBytes(record)
    if (bytes > RECORD_BYTES_MAX) {
      throw new AppError('RESOURCE_EXHAUSTED', `a record of ${bytes} bytes is too large for topic "${topic}"`, {
        hint: `A record has at most ${RECORD_BYTES_MAX} bytes, key, value and headers together.`,
      })
    }
    if (record.timestamp === Number.POSITIVE_INFINITY || record.timestamp === Number.NEGATIVE_INFINITY) {
      throw new AppError('INVALID_ARGUMENT', `a record for topic "${topic}" has an infinite timestamp`, {
        hint: 'Give the time in milliseconds since 1970, or NaN for the time of the append.',
      })
    }
  }
}

export function checkSequence(producer: ProducerSequence): void {
  const bytes = Buffer.byteLength(producer.producerId)
  if (bytes < 1 || bytes > PRODUCER_ID_BYTES_MAX) {
    throw new AppError('INVALID_ARGUMENT', `a producer id of ${bytes} bytes is not valid`, {
      hint: `Use 1 to ${PRODUCER_ID_BYTES_MAX} bytes.`,
    })
  }
  if (!Number.isSafeInteger(producer.sequence) || producer.sequence < 0) {
    throw new AppError('INVALID_ARGUMENT', `sequence ${producer.sequence} is not a whole number from 0`, {
      hint: 'Number the records of a producer 0, 1, 2 …',
    })
  }
}

export function sameSpec(a: TopicSpec, b: TopicSpec): boolean {
  return a.partitions === b.partitions && a.retentionMs === b.retentionMs && a.retentionBytes === b.retentionBytes
}

export function topicExists(existing: TopicSpec, wanted: TopicSpec): AppError {
  return new AppError('ALREADY_EXISTS', `topic "${existing.name}" has ${existing.partitions} partitions already`, {
    hint: `Leave the number of partitions out, or drop the topic to get ${wanted.partitions}.`,
  })
}

export function topicMissing(name: string): AppError {
  return new AppError('NOT_FOUND', `topic "${name}" does not exist`, {
    hint: 'SHOW TOPICS lists the topics there are.',
  })
}

export function partitionMissing(topic: string, partition: number, partitions: number): AppError {
  return new AppError('NOT_FOUND', `topic "${topic}" has no partition ${partition}`, {
    hint: `Its partitions are 0 to ${partitions - 1}.`,
  })
}

export function positionExpired(topic: string, partition: number, offset: number, start: number): AppError {
  return new AppError(
    'POSITION_EXPIRED',
    `topic "${topic}", partition ${partition}: offset ${offset} is no longer kept, the first one is ${start}`,
    { hint: 'Read from the earliest offset again, and give the stream a longer retention.' },
  )
}

export function positionAhead(topic: string, partition: number, offset: number, end: number): AppError {
  return new AppError(
    'POSITION_EXPIRED',
    `topic "${topic}", partition ${partition}: offset ${offset} lies behind the end, which is ${end}`,
    { hint: 'The topic was made anew or restored from a backup since: read from the earliest offset again.' },
  )
}

export function positionInvalid(topic: string, offset: number): AppError {
  return new AppError('INVALID_ARGUMENT', `topic "${topic}": ${offset} is not an offset`, {
    hint: 'Offsets are whole numbers from 0.',
  })
}
