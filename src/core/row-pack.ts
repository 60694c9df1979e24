import { ByteReader, ByteWriter } from './bytes.ts'

/**
 * Several entries of an exchange, rows and watermarks, in one record of the log: what a record costs on its way through
 * a client and a broker is then shared. Tag, then for each entry its length as a varint and its bytes. Rows begin with
 * their change kind, 0 to 3, and watermarks with a tag of their own, so the first byte tells a pack from an entry that
 * lies alone in its record.
 */
const TAG = 0xf2

const writer = new ByteWriter()

export function encodePack(entries: readonly Uint8Array[]): Uint8Array {
  writer.byte(TAG)
  for (const entry of entries) {
    writer.varint(entry.length)
    writer.raw(entry)
  }
  return writer.take()
}

/**
 * Where the entries of a pack lie, as start and end in turn; false where the bytes at `start`…`end` are no pack, or a
 * damaged one, and then nothing is added.
 */
export function decodePack(data: Uint8Array, start: number, end: number, positions: number[]): boolean {
  if (data[start] !== TAG) return false
  const before = positions.length
  const reader = new ByteReader(data, start + 1, end)
  try {
    while (reader.remaining > 0) {
      const length = reader.varint('the length of an entry')
      reader.need(length, 'an entry')
      positions.push(reader.position, reader.position + length)
      reader.position += length
    }
  } catch {
    positions.length = before
    return false
  }
  return true
}
