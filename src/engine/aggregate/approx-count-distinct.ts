import { hash32 } from '../../core/hash.ts'
import { keyCodec } from '../../core/key-codec.ts'
import { BYTES, type SqlType } from '../../core/type.ts'
import type { Aggregate, AggregateBinding } from './aggregate.ts'

/**
 * HyperLogLog with 2^14 registers: a standard error of 0.8 %. Small groups keep only the registers that are set, so
 * that a million groups of a few values each do not take 16 KiB a group.
 */
export type Registers = Map<number, number> | Uint8Array

const INDEX_BITS = 14
const REGISTERS = 1 << INDEX_BITS
/** With more registers than this the plain array is the smaller form. */
const SPARSE_MAX = 1_024
/** First byte of the stored form. */
const DENSE = 1
const SPARSE = 0

export interface HyperLogLog {
  registers: Registers
}

export function approxCountDistinct({ types }: AggregateBinding): Aggregate<HyperLogLog> {
  const codec = keyCodec([types[0] as SqlType])
  return {
    ignoresNulls: true,
    stateTypes: [BYTES],
    create: () => ({ registers: new Map() }),
    add: (state, value) => {
      const bytes = codec.encode([value])
      // Two independent hashes: one picks the register, the other is what zeros are counted in.
      raise(state, hash32(bytes, 0) >>> (32 - INDEX_BITS), Math.clz32(hash32(bytes, 1)) + 1)
    },
    retract: () => {
      throw new Error('this aggregate was made for an input without retractions')
    },
    merge: (into, from) => {
      for (const [index, rank] of entriesOf(from.registers)) raise(into, index, rank)
    },
    finish: (state) => estimate(state.registers),
    toState: (state) => [encode(state.registers)],
    fromState: ([bytes]) => ({ registers: decode(bytes as Uint8Array) }),
  }
}

function raise(state: HyperLogLog, index: number, rank: number): void {
  const { registers } = state
  if (registers instanceof Uint8Array) {
    if (rank > (registers[index] as number)) registers[index] = rank
    return
  }
  if (rank <= (registers.get(index) ?? 0)) return
  registers.set(index, rank)
  if (registers.size > SPARSE_MAX) {
    const dense = new Uint8Array(REGISTERS)
    for (const [i, value] of registers) dense[i] = value
    state.registers = dense
  }
}

function entriesOf(registers: Registers): Iterable<readonly [number, number]> {
  return registers.entries()
}

function estimate(registers: Registers): number {
  let sum = 0
  let zeros = registers instanceof Uint8Array ? 0 : REGISTERS - registers.size
  for (const [, rank] of entriesOf(registers)) {
    if (rank === 0) zeros++
    else sum += 2 ** -rank
  }
  const alpha = 0.7213 / (1 + 1.079 / REGISTERS)
  const raw = (alpha * REGISTERS * REGISTERS) / (sum + zeros)
  // Linear counting, which is better while many registers are empty.
  if (raw <= 2.5 * REGISTERS && zeros > 0) return Math.round(REGISTERS * Math.log(REGISTERS / zeros))
  return Math.round(raw)
}

function encode(registers: Registers): Uint8Array {
  if (registers instanceof Uint8Array) {
    const bytes = new Uint8Array(1 + REGISTERS)
    bytes[0] = DENSE
    bytes.set(registers, 1)
    return bytes
  }
  const bytes = new Uint8Array(1 + registers.size * 3)
  bytes[0] = SPARSE
  let at = 1
  for (const [index, rank] of registers) {
    bytes[at++] = index & 0xff
    bytes[at++] = index >> 8
    bytes[at++] = rank
  }
  return bytes
}

function decode(bytes: Uint8Array): Registers {
  if (bytes[0] === DENSE && bytes.length === 1 + REGISTERS) return bytes.slice(1)
  if (bytes[0] !== SPARSE || bytes.length % 3 !== 1) throw new Error('state of approx_count_distinct is damaged')
  const registers = new Map<number, number>()
  for (let i = 1; i < bytes.length; i += 3) {
    const index = (bytes[i] as number) | ((bytes[i + 1] as number) << 8)
    if (index >= REGISTERS) throw new Error('state of approx_count_distinct is damaged')
    registers.set(index, bytes[i + 2] as number)
  }
  return registers
}
