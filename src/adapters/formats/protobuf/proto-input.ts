import protobuf from 'protobufjs'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import { type ExactInteger, exact, type Value } from '../../../core/value.ts'
import { textOf } from '../wire-values.ts'
import type { ProtoScalar } from './proto-schema.ts'

/**
 * Protobuf's wire format, by protobufjs's reader, within a piece of a buffer. Bytes that are no message give an
 * EvaluationError.
 */
export type ProtoInput = protobuf.Reader

/** How a value is written: a varint, 8 bytes, so many bytes, a group, 4 bytes. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES_WIRE = 2
export const GROUP = 3
export const GROUP_END = 4
export const FIXED32 = 5

export function protoInput(): ProtoInput {
  return protobuf.Reader.create(Buffer.alloc(0))
}

export function malformed(reason: string): EvaluationError {
  return new EvaluationError(`malformed Protobuf: ${reason}`)
}

/** What the reader throws for bytes that are no message; anything else is passed on. */
export function readerFault(error: unknown): unknown {
  const isFault = error instanceof Error && (error instanceof RangeError || /^(invalid|maximum)/.test(error.message))
  return isFault ? malformed(error.message) : error
}

/** Runs `read` within the so many bytes that follow. */
export function within<T>(input: ProtoInput, read: (end: number) => T): T {
  const outerEnd = input.len
  const length = input.uint32()
  const end = input.pos + length
  if (end > outerEnd) throw malformed('it ends too early')
  // The reader itself holds what is inside to it.
  input.len = end
  const value = read(end)
  if (input.pos !== end) throw malformed('a part has another length than it says')
  input.len = outerEnd
  return value
}

export function readText(input: ProtoInput): string {
  const length = input.uint32()
  const start = input.pos
  input.skip(length)
  return textOf(input.buf, start, input.pos)
}

/** 64 bits of the reader, in the one form of exact integers. */
function exactOf({ high, low, unsigned }: Long): ExactInteger {
  const top = unsigned ? high >>> 0 : high
  // What a sum of doubles rounds is beyond the safe integers in any case.
  const value = top * 0x1_0000_0000 + (low >>> 0)
  return Number.isSafeInteger(value) ? value : exact((BigInt(top) << 32n) + BigInt(low >>> 0))
}

interface Long {
  readonly high: number
  readonly low: number
  readonly unsigned: boolean
}

interface ScalarForm {
  readonly wire: number
  readonly read: (input: ProtoInput) => Value
  /** What a field that was not written has. */
  readonly zero: Value
}

const long = (value: unknown) => exactOf(value as Long)

export const SCALARS: Readonly<Record<ProtoScalar, ScalarForm>> = {
  double: { wire: FIXED64, read: (input) => input.double() + 0, zero: 0 },
  float: { wire: FIXED32, read: (input) => input.float() + 0, zero: 0 },
  int32: { wire: VARINT, read: (input) => input.int32(), zero: 0 },
  uint32: { wire: VARINT, read: (input) => input.uint32(), zero: 0 },
  sint32: { wire: VARINT, read: (input) => input.sint32(), zero: 0 },
  fixed32: { wire: FIXED32, read: (input) => input.fixed32(), zero: 0 },
  sfixed32: { wire: FIXED32, read: (input) => input.sfixed32(), zero: 0 },
  int64: { wire: VARINT, read: (input) => long(input.int64()), zero: 0 },
  uint64: { wire: VARINT, read: (input) => long(input.uint64()), zero: 0 },
  sint64: { wire: VARINT, read: (input) => long(input.sint64()), zero: 0 },
  fixed64: { wire: FIXED64, read: (input) => long(input.fixed64()), zero: 0 },
  sfixed64: { wire: FIXED64, read: (input) => long(input.sfixed64()), zero: 0 },
  bool: { wire: VARINT, read: (input) => input.bool(), zero: false },
  string: { wire: BYTES_WIRE, read: readText, zero: '' },
  // A copy, so that a value does not keep the whole chunk.
  bytes: { wire: BYTES_WIRE, read: (input) => new Uint8Array(input.bytes()), zero: new Uint8Array(0) },
}
