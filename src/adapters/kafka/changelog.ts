import { compareBytes } from '../../core/compare.ts'
import { AppError } from '../../core/errors.ts'
import { newerFormat } from '../../core/newer-format.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import type { Checkpoint } from '../../engine/ports/state.ts'

/**
 * The records of a changelog topic: what a task's state is, whoever reads it from the beginning. One record a changed
 * entry, keyed so that compaction keeps the last value of each; and at the end of each transaction the checkpoint that
 * the state before it belongs to.
 *
 * The checkpoint says in which version all of this is written; without one it is the first.
 *
 * Keys, big-endian: `0` for the checkpoint; `1`, length of the store's name (uint16), name, key of the entry. A null
 * value deletes the entry.
 */
const CHECKPOINT_KEY = new Uint8Array([0])
const ENTRY_TAG = 1
const HEADER_BYTES = 3
const CHANGELOG_VERSION = 1

export type ChangelogRecord =
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | {
      readonly kind: 'entry'
      readonly store: string
      readonly key: Uint8Array
      /** Null where the entry is deleted. */
      readonly value: Uint8Array | null
    }

/** `store` is the UTF-8 of the store's name. */
export function entryRecord(store: Uint8Array, key: Uint8Array, value: Uint8Array | null): OutputRecord {
  const whole = new Uint8Array(HEADER_BYTES + store.length + key.length)
  whole[0] = ENTRY_TAG
  whole[1] = store.length >> 8
  whole[2] = store.length & 0xff
  whole.set(store, HEADER_BYTES)
  whole.set(key, HEADER_BYTES + store.length)
  return { key: whole, value: value && new Uint8Array(value), timestamp: Number.NaN }
}

export function checkpointRecord(checkpoint: Checkpoint): OutputRecord {
  const value = Buffer.from(JSON.stringify({ version: CHANGELOG_VERSION, ...checkpoint }))
  return { key: CHECKPOINT_KEY, value, timestamp: checkpoint.wallTimeMs }
}

/** @throws AppError DATA_DIRECTORY_CORRUPT for what no task of ours has written, DATA_DIRECTORY_NEWER for a later one's. */
export function decodeChangelog(key: Uint8Array | null, value: Uint8Array | null): ChangelogRecord {
  if (key !== null && compareBytes(key, CHECKPOINT_KEY) === 0 && value !== null) {
    return { kind: 'checkpoint', checkpoint: checkpointOf(Buffer.from(value).toString()) }
  }
  const length = key === null || key.length < HEADER_BYTES ? -1 : ((key[1] as number) << 8) | (key[2] as number)
  if (key === null || key[0] !== ENTRY_TAG || length < 0 || HEADER_BYTES + length > key.length) {
    throw new AppError('DATA_DIRECTORY_CORRUPT', 'the changelog holds a record that is not of a task', {
      domain: 'external',
      hint: 'Nothing but its query may write to a changelog topic: drop the query and create it again.',
    })
  }
  const end = HEADER_BYTES + length
  return {
    kind: 'entry',
    store: Buffer.from(key.subarray(HEADER_BYTES, end)).toString(),
    key: key.subarray(end),
    value,
  }
}

function checkpointOf(text: string): Checkpoint {
  const { version = CHANGELOG_VERSION, ...checkpoint } = JSON.parse(text) as Checkpoint & { readonly version?: number }
  if (version > CHANGELOG_VERSION) throw newerFormat('a changelog', version, CHANGELOG_VERSION)
  return checkpoint
}
