import { DEAD_LETTER_HEADERS as H } from '../core/dead-letter-headers.ts'
import type { OutputRecord } from './ports/log.ts'
import type { RejectedRecord } from './source.ts'

/**
 * Dead letters as records of Kafka: key, value, time and headers are those of the record that failed, so that another
 * program can mend it and send it again; headers of our own say what was wrong.
 */

/** The start of a message says what is wrong; what comes after is mostly the record, which is there anyway. */
export const MESSAGE_CHARS_MAX = 1000

/** A larger record leaves no room for more headers: a log takes 16 MiB, and what can't be written stops the query. */
export const LETTER_BYTES_MAX = 15 * 1024 * 1024

type Headers = [string, Uint8Array | null][]

/** `topic`: where the record came from; undefined where that is no topic. */
export function deadLetterOfRecord(
  record: RejectedRecord,
  query: string,
  stream: string,
  topic: string | undefined,
): OutputRecord {
  const { reason, partition, offset, timestamp, key, value } = record
  const headers: Headers = kept(record)
  const large = (key?.length ?? 0) + (value?.length ?? 0) + bytesOf(headers) > LETTER_BYTES_MAX
  const ours: [string, string | undefined][] = [
    [H.kind, 'record'],
    [H.message, cut(reason)],
    [H.query, query],
    [H.stream, stream],
    [H.topic, topic],
    [H.partition, String(partition)],
    [H.offset, String(offset)],
    [H.valueBytes, large ? String(value?.length ?? 0) : undefined],
  ]
  const all = [...(large ? [] : headers), ...encoded(ours)]
  if (!large) return { key, value, timestamp, headers: all }
  return { key: key !== null && key.length > LETTER_BYTES_MAX ? null : key, value: null, timestamp, headers: all }
}

/** A row is no record any more: the value is its columns, as JSON. */
export function deadLetterOfRow(
  value: Uint8Array,
  query: string,
  step: string,
  reason: string,
  timestamp: number,
): OutputRecord {
  const large = value.length > LETTER_BYTES_MAX
  const headers = encoded([
    [H.kind, 'row'],
    [H.message, cut(reason)],
    [H.query, query],
    [H.step, step],
    [H.valueBytes, large ? String(value.length) : undefined],
  ])
  return { key: null, value: large ? null : value, timestamp, headers }
}

/** A dead letter that was read and failed again says what is wrong now. */
function kept({ headers }: RejectedRecord): Headers {
  const ours: readonly string[] = Object.values(H)
  return headers
    .map(([name, value]): [string, Uint8Array | null] => [Buffer.from(name ?? []).toString(), value])
    .filter(([name]) => !ours.includes(name))
}

function encoded(entries: readonly (readonly [string, string | undefined])[]): Headers {
  return entries.flatMap(([name, text]) => (text === undefined ? [] : [[name, Buffer.from(text)]]))
}

function bytesOf(headers: Headers): number {
  return headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0)
}

function cut(message: string): string {
  if (message.length <= MESSAGE_CHARS_MAX) return message
  // Half of a surrogate pair is no text.
  const end = /[\uD800-\uDBFF]/.test(message.charAt(MESSAGE_CHARS_MAX - 2))
    ? MESSAGE_CHARS_MAX - 2
    : MESSAGE_CHARS_MAX - 1
  return `${message.slice(0, end)}…`
}
