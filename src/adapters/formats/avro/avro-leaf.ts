import type { ExactInteger, Value } from '../../../core/value.ts'
import { timestampOf, timeValue, unscaled } from '../wire-values.ts'
import type { AvroInput } from './avro-input.ts'
import type { AvroLeaf } from './avro-types.ts'

/** Reads one value where the input is. */
export type Read = (input: AvroInput) => Value
export type Skip = (input: AvroInput) => void

/** A leaf as it is stored, whatever it means. */
export function rawReader(type: AvroLeaf): Read {
  switch (type.kind) {
    case 'null':
      return () => null
    case 'boolean':
      return (input) => input.boolean()
    case 'int':
      return (input) => input.int()
    case 'long':
      return (input) => input.long()
    case 'float':
      return (input) => input.float()
    case 'double':
      return (input) => input.double()
    case 'string':
      return (input) => input.string()
    case 'bytes':
      // A copy, so that a value does not keep the whole chunk.
      return (input) => new Uint8Array(input.bytes())
    case 'fixed':
      return (input) => new Uint8Array(input.fixed(type.size))
    case 'enum': {
      const { symbols } = type
      return (input) => symbols[input.index(symbols.length, 'symbol')] as string
    }
  }
}

/** A leaf as a value of its type in SQL. */
export function leafReader(type: AvroLeaf): Read {
  const raw = rawReader(type)
  if (type.kind === 'enum' || type.logical === undefined) return raw
  const { logical } = type
  switch (logical.kind) {
    case 'decimal':
      return type.kind === 'fixed' ? (input) => unscaled(input.fixed(type.size)) : (input) => unscaled(input.bytes())
    case 'date':
    case 'json':
      return raw
    case 'time':
    case 'timestamp': {
      const { perMs } = logical
      return (input) => timeValue(raw(input) as ExactInteger, perMs)
    }
    case 'zoned-timestamp':
      return (input) => timestampOf(input.string())
    case 'uuid':
      return type.kind === 'fixed' ? (input) => uuidText(input.fixed(type.size)) : raw
  }
}

export function leafSkip(type: AvroLeaf): Skip {
  switch (type.kind) {
    case 'null':
      return () => {}
    case 'boolean':
      return (input) => input.skip(1)
    case 'int':
    case 'long':
    case 'enum':
      return (input) => void input.long()
    case 'float':
      return (input) => input.skip(4)
    case 'double':
      return (input) => input.skip(8)
    case 'string':
    case 'bytes':
      return (input) => input.skipBytes()
    case 'fixed':
      return (input) => input.skip(type.size)
  }
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
