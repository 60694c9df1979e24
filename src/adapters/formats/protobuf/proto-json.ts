import { writeJsonValue } from '../../../core/format-value.ts'
import { STRING } from '../../../core/type.ts'
import { BYTES_WIRE, malformed, type ProtoInput, readText, SCALARS, VARINT, within } from './proto-input.ts'
import type { ProtoField, ProtoMessage, ProtoType } from './proto-schema.ts'
import { scalarType } from './proto-types.ts'

/**
 * Messages as JSON text: the one form of those that contain themselves, and of Google's own messages for JSON. Fields
 * have the names of the schema; those that were not set are left out.
 */
export function jsonReader(message: ProtoMessage): (input: ProtoInput, end: number) => string {
  return (input, end) => messageText(message, input, end, 0)
}

/** Levels that a message may be nested, which only one that contains itself can reach. */
export const MESSAGE_DEPTH_MAX = 64

function messageText(message: ProtoMessage, input: ProtoInput, end: number, depth: number): string {
  if (depth > MESSAGE_DEPTH_MAX) throw malformed(`it is nested deeper than ${MESSAGE_DEPTH_MAX} levels`)
  const parts = new Map<ProtoField, string | string[]>()
  while (input.pos < end) {
    const tag = input.uint32()
    const field = message.fields.find(({ number }) => number === tag >>> 3)
    if (field === undefined || !readInto(parts, field, input, tag & 7, depth)) input.skipType(tag & 7)
  }
  if (input.pos !== end) throw malformed('it ends too early')
  return textOfParts(message, parts)
}

function textOfParts(message: ProtoMessage, parts: ReadonlyMap<ProtoField, string | string[]>): string {
  const byName = (name: string) => [...parts].find(([field]) => field.name === name)?.[1]
  switch (message.name) {
    case 'google.protobuf.Struct':
      return `{${asList(byName('fields')).join(',')}}`
    case 'google.protobuf.ListValue':
      return `[${asList(byName('values')).join(',')}]`
    case 'google.protobuf.Value': {
      // One of: the last that came.
      const [field, text] = [...parts].at(-1) ?? []
      return field === undefined || field.number === NULL_VALUE ? 'null' : String(text)
    }
    default: {
      const texts = [...parts].map(([field, text]) => {
        const value = field.key !== undefined ? `{${asList(text).join(',')}}` : text
        return `${JSON.stringify(field.name)}:${Array.isArray(value) ? `[${value.join(',')}]` : value}`
      })
      return `{${texts.join(',')}}`
    }
  }
}

/** The number of the field in google.protobuf.Value. */
const NULL_VALUE = 1

function asList(text: string | string[] | undefined): readonly string[] {
  return text === undefined ? [] : Array.isArray(text) ? text : [text]
}

function readInto(
  parts: Map<ProtoField, string | string[]>,
  field: ProtoField,
  input: ProtoInput,
  wire: number,
  depth: number,
): boolean {
  if (field.key !== undefined) {
    if (wire !== BYTES_WIRE) return false
    add(parts, field, entryText(field, field.key, input, depth))
    return true
  }
  const own = wireOf(field.type)
  if (wire === own) {
    const text = valueText(field.type, input, depth)
    if (field.repeated) add(parts, field, text)
    else parts.set(field, text)
    return true
  }
  if (!field.repeated || wire !== BYTES_WIRE || own === BYTES_WIRE) return false
  within(input, (end) => {
    while (input.pos < end) add(parts, field, valueText(field.type, input, depth))
  })
  return true
}

function add(parts: Map<ProtoField, string | string[]>, field: ProtoField, text: string): void {
  const before = parts.get(field)
  if (Array.isArray(before)) before.push(text)
  else parts.set(field, [text])
}

function entryText(field: ProtoField, keyScalar: keyof typeof SCALARS, input: ProtoInput, depth: number): string {
  return within(input, (end) => {
    let key = String(SCALARS[keyScalar].zero)
    let value = 'null'
    while (input.pos < end) {
      const tag = input.uint32()
      if (tag === ((1 << 3) | SCALARS[keyScalar].wire)) key = String(SCALARS[keyScalar].read(input))
      else if (tag === ((2 << 3) | wireOf(field.type))) value = valueText(field.type, input, depth)
      else input.skipType(tag & 7)
    }
    return `${JSON.stringify(key)}:${value}`
  })
}

function wireOf(type: ProtoType): number {
  return type.kind === 'scalar' ? SCALARS[type.scalar].wire : type.kind === 'enum' ? VARINT : BYTES_WIRE
}

function valueText(type: ProtoType, input: ProtoInput, depth: number): string {
  switch (type.kind) {
    case 'scalar':
      if (type.scalar === 'string') return writeJsonValue(STRING, readText(input))
      return writeJsonValue(scalarType(type.scalar), SCALARS[type.scalar].read(input))
    case 'enum': {
      const number = input.int32()
      return JSON.stringify(type.names.get(number) ?? String(number))
    }
    case 'message':
      return within(input, (end) => messageText(type.message, input, end, depth + 1))
  }
}
