import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { EntryCodec } from '../keyed-table.ts'

/** What a key of a table was from a time on; undefined where it was deleted. */
export interface Version {
  readonly time: EventTimeMs
  readonly row: Row | undefined
}

/** The versions of a key that may still be asked for, by time. */
export interface Versions {
  readonly list: Version[]
  /** What was before this is no longer known. */
  knownFrom: EventTimeMs
}

/** State of a key is loaded and written as a whole, so it has to stay small. */
export const VERSIONS_PER_KEY_MAX = 100_000

export function newVersions(): Versions {
  return { list: [], knownFrom: NO_WATERMARK }
}

/** What the key was at a time: of versions of the same time the last to come. */
export function versionAt({ list }: Versions, time: EventTimeMs): Version | undefined {
  let at = list.length - 1
  while (at >= 0 && (list[at] as Version).time > time) at--
  return list[at]
}

/** Throws EvaluationError at the limit. */
export function addVersion({ list }: Versions, version: Version): void {
  let at = list.length
  while (at > 0 && (list[at - 1] as Version).time > version.time) at--
  if (at > 0 && (list[at - 1] as Version).time === version.time) {
    list[at - 1] = version
    return
  }
  if (list.length >= VERSIONS_PER_KEY_MAX) {
    throw new EvaluationError(`a key of the table has its maximum of ${VERSIONS_PER_KEY_MAX} versions`)
  }
  list.splice(at, 0, version)
}

/** Forgets what no row at or after `horizon` asks for; true when something went. */
export function prune(versions: Versions, horizon: EventTimeMs): boolean {
  const { list } = versions
  // From the front: what is there is mostly needed.
  let needed = 0
  while (needed + 1 < list.length && (list[needed + 1] as Version).time <= horizon) needed++
  if (needed === 0) return false
  versions.knownFrom = (list[needed] as Version).time
  list.splice(0, needed)
  return true
}

/**
 * Bytes: what is known from as a double, then for each version its time as a double, and its row's length + 1 and row,
 * or 0 for none. Stored for ever: never change a form.
 */
export function versionsCodec({ fields }: Schema): EntryCodec<Versions> {
  const codec = rowCodec(fields.map((field) => field.type))
  const writer = new ByteWriter()
  return {
    encode: ({ list, knownFrom }) => {
      writer.length = 0
      writer.doubleLittleEndian(knownFrom)
      for (const { time, row } of list) {
        const bytes = row === undefined ? undefined : codec.encode(row)
        writer.doubleLittleEndian(time)
        writer.varint(bytes === undefined ? 0 : bytes.length + 1)
        if (bytes !== undefined) writer.raw(bytes)
      }
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const knownFrom = reader.doubleLittleEndian('what versions are known from')
      const list: Version[] = []
      while (reader.remaining > 0) {
        const time = reader.doubleLittleEndian('the time of a version')
        const length = reader.varint('the length of a row')
        list.push({ time, row: length === 0 ? undefined : codec.decode(reader.raw(length - 1, 'a row')) })
      }
      return { list, knownFrom }
    },
  }
}
