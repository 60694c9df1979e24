/**
 * Several entries of an exchange, rows and watermarks, in one record of the log: what a record costs on its way through
 * a client and a broker is then shared. Tag, then for each entry its length (7 bits a byte, the lowest first; all but
 * the last byte have the highest bit set) and its bytes. Rows begin with their change kind, 0 to 3, and watermarks with
 * a tag of their own, so the first byte tells a pack from an entry that lies alone in its record.
 */
const TAG = 0xf2
const LENGTH_BYTES_MAX = 5

export function encodePack(entries: readonly Uint8Array[]): Uint8Array {
  let size = 1
  for (const { length } of entries) size += lengthBytes(length) + length
  const pack = new Uint8Array(size)
  pack[0] = TAG
  let position = 1
  for (const entry of entries) {
    let rest = entry.length
    for (; rest >= 0x80; rest >>>= 7) pack[position++] = (rest & 0x7f) | 0x80
    pack[position++] = rest
    pack.set(entry, position)
    position += entry.length
  }
  return pack
}

function lengthBytes(length: number): number {
  let bytes = 1
  for (let rest = length; rest >= 0x80; rest >>>= 7) bytes++
  return bytes
}

/**
 * Where the entries of a pack lie, as start and end in turn; false where the bytes at `start`…`end` are no pack, or a
 * damaged one, and then nothing is added.
 */
export function decodePack(data: Uint8Array, start: number, end: number, positions: number[]): boolean {
  if (data[start] !== TAG) return false
  const before = positions.length
  let position = start + 1
  while (position < end) {
    let length = 0
    let bytes = 0
    for (let byte = 0x80; byte >= 0x80; bytes++) {
      if (position >= end || bytes === LENGTH_BYTES_MAX) return undo(positions, before)
      byte = data[position++] as number
      length += (byte & 0x7f) * 2 ** (7 * bytes)
    }
    if (position + length > end) return undo(positions, before)
    positions.push(position, position + length)
    position += length
  }
  return true
}

function undo(positions: number[], length: number): false {
  positions.length = length
  return false
}
