/**
 * A namespace (the end of a window, the time of a timer) as the first eight bytes of a key: a double whose bytes
 * compare as the numbers do. Stored for ever: never change it.
 */
export const NAMESPACE_BYTES = 8

export function encodeNamespace(id: number): Uint8Array {
  const bytes = new Uint8Array(NAMESPACE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setFloat64(0, id === 0 ? 0 : id)
  const high = view.getUint32(0)
  const negative = high >= 0x80000000
  view.setUint32(0, negative ? ~high >>> 0 : (high | 0x80000000) >>> 0)
  if (negative) view.setUint32(4, ~view.getUint32(4) >>> 0)
  return bytes
}

export function decodeNamespace(key: Uint8Array): number {
  // Not by `slice`: a Buffer's would share the bytes.
  const copy = Uint8Array.from(key.subarray(0, NAMESPACE_BYTES))
  const view = new DataView(copy.buffer)
  const high = view.getUint32(0)
  if (high >= 0x80000000) view.setUint32(0, high & 0x7fffffff)
  else {
    view.setUint32(0, ~high >>> 0)
    view.setUint32(4, ~view.getUint32(4) >>> 0)
  }
  return view.getFloat64(0)
}

/** The least key after all of a namespace. */
export function afterNamespace(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix)
  for (let i = end.length - 1; i >= 0; i--) {
    const byte = ((end[i] as number) + 1) & 0xff
    end[i] = byte
    if (byte !== 0) return end
  }
  return end
}
