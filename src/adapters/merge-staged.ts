import { latin1 } from '../core/bytes.ts'

/** A key as latin-1 text, whose order is the order of the bytes, and what is staged for it: undefined is a delete. */
export type StagedEntry = readonly [key: string, value: Uint8Array | undefined]

type Entry = readonly [Uint8Array, Uint8Array]

/** A scan of committed entries with staged ones over it; both are in order. The bytes given out are the caller's. */
export function* mergeStaged(committed: Iterable<Entry>, staged: readonly StagedEntry[]): Iterable<Entry> {
  let next = 0
  for (const entry of committed) {
    const key = latin1(entry[0])
    for (; next < staged.length && (staged[next] as StagedEntry)[0] < key; next++) yield* present(staged[next])
    if (next < staged.length && (staged[next] as StagedEntry)[0] === key) yield* present(staged[next++])
    else yield entry
  }
  for (; next < staged.length; next++) yield* present(staged[next])
}

function* present(staged: StagedEntry | undefined): Iterable<Entry> {
  if (staged?.[1] !== undefined) yield [latin1Bytes(staged[0]), new Uint8Array(staged[1])]
}

/** The staged entries with from ≤ key < to, in order. */
export function stagedRange(
  staged: Iterable<StagedEntry>,
  from: Uint8Array,
  to: Uint8Array | undefined,
): StagedEntry[] {
  const first = latin1(from)
  const last = to && latin1(to)
  const range: StagedEntry[] = []
  for (const entry of staged) {
    if (entry[0] >= first && (last === undefined || entry[0] < last)) range.push(entry)
  }
  return range.sort((a, b) => (a[0] < b[0] ? -1 : 1))
}

export function latin1Bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
