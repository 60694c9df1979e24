import { EvaluationError } from '../../../core/evaluation-error.ts'
import type { ExactInteger, Value } from '../../../core/value.ts'
import { type FunctionTable, lenient, RESULT_LENGTH_MAX, strict, strictBy } from '../function.ts'

/**
 * Text functions, as in PostgreSQL. Positions and lengths count characters (code points), from 1. Texts without
 * surrogate pairs, which is nearly all, are handled by JavaScript's own indexes.
 */
const SURROGATE = /[\ud800-\udfff]/

function charactersOf(text: string): readonly string[] | undefined {
  return SURROGATE.test(text) ? Array.from(text) : undefined
}

function characterCount(text: string): number {
  return charactersOf(text)?.length ?? text.length
}

/** Characters from `start` to `end`, from 0; both may be outside of the text. */
function slice(text: string, start: number, end: number): string {
  const from = Math.max(start, 0)
  if (end <= from) return ''
  const characters = charactersOf(text)
  return characters === undefined ? text.slice(from, end) : characters.slice(from, end).join('')
}

export function checkLength(length: number): void {
  if (length > RESULT_LENGTH_MAX) throw new EvaluationError(`text is longer than ${RESULT_LENGTH_MAX} characters`)
}

function substring(text: string, position: ExactInteger, length?: ExactInteger): string {
  const start = Number(position) - 1
  if (length === undefined) return slice(text, start, Number.POSITIVE_INFINITY)
  if (length < 0) throw new EvaluationError('length of a substring is negative')
  return slice(text, start, start + Number(length))
}

function left(text: string, count: ExactInteger): string {
  return slice(text, 0, count < 0 ? characterCount(text) + Number(count) : Number(count))
}

function right(text: string, count: ExactInteger): string {
  const length = characterCount(text)
  return slice(text, count < 0 ? -Number(count) : length - Number(count), length)
}

/** The text cut or filled to a length; `atStart` puts the filling before it. */
function pad(text: string, length: ExactInteger, fill: string, atStart: boolean): string {
  const wanted = Math.max(Number(length), 0)
  checkLength(wanted)
  const missing = wanted - characterCount(text)
  if (missing <= 0) return slice(text, 0, wanted)
  if (fill === '') return text
  const filling = slice(fill.repeat(Math.ceil(missing / characterCount(fill))), 0, missing)
  return atStart ? filling + text : text + filling
}

function trim(text: string, characters: string, start: boolean, end: boolean): string {
  const all = Array.from(text)
  const set = new Set(characters)
  let from = 0
  let to = all.length
  if (start) while (from < to && set.has(all[from] as string)) from++
  if (end) while (to > from && set.has(all[to - 1] as string)) to--
  return from === 0 && to === all.length ? text : all.slice(from, to).join('')
}

function replace(text: string, from: string, to: string): string {
  if (from === '') return text
  const parts = text.split(from)
  checkLength(text.length + (parts.length - 1) * (to.length - from.length))
  return parts.join(to)
}

function translate(text: string, from: string, to: string): string {
  const targets = Array.from(to)
  const map = new Map<string, string>()
  for (const [i, character] of Array.from(from).entries()) {
    if (!map.has(character)) map.set(character, targets[i] ?? '')
  }
  let out = ''
  for (const character of text) out += map.get(character) ?? character
  return out
}

function repeat(text: string, count: ExactInteger): string {
  if (count <= 0) return ''
  checkLength(text.length * Number(count))
  return text.repeat(Number(count))
}

/** Position from 1 in characters, 0 when it is not there. */
function positionOf(text: string, part: string): number {
  const at = text.indexOf(part)
  return at < 0 ? 0 : characterCount(text.slice(0, at)) + 1
}

function splitPart(text: string, separator: string, index: ExactInteger): string {
  if (index === 0) throw new EvaluationError('part 0 of a text does not exist: parts count from 1')
  const parts = separator === '' ? [text] : text.split(separator)
  return parts[index > 0 ? Number(index) - 1 : parts.length + Number(index)] ?? ''
}

function split(text: string, separator: string): readonly string[] {
  if (text === '') return []
  return separator === '' ? [text] : text.split(separator)
}

function initcap(text: string): string {
  return text.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => {
    const [first = ''] = word
    return first.toUpperCase() + word.slice(first.length)
  })
}

function chr(value: ExactInteger): string {
  const point = Number(value)
  if (point < 1 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    throw new EvaluationError('number is no code point of a character')
  }
  return String.fromCodePoint(point)
}

/** `%s` is the next argument, NULL as nothing; `%%` a percent sign. */
function format(pattern: string | null, ...values: readonly (string | null)[]): Value {
  if (pattern === null) return null
  let next = 0
  let out = ''
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] as string
    if (character !== '%') {
      out += character
      continue
    }
    const directive = pattern[++i]
    if (directive === '%') out += '%'
    else if (directive !== 's') throw new EvaluationError('format knows only %s and %%')
    else if (next >= values.length) throw new EvaluationError('format has fewer arguments than %s')
    else out += values[next++] ?? ''
  }
  checkLength(out.length)
  return out
}

export const STRING_FUNCTIONS: FunctionTable = {
  concat: strictBy(({ type }) => {
    if (type.kind === 'bytes') return (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
    return (...parts: string[]) => {
      const text = parts.join('')
      checkLength(text.length)
      return text
    }
  }),
  concat_ws: lenient((separator: string | null, ...parts: (string | null)[]) => {
    const text = parts.filter((part) => part !== null).join(separator ?? '')
    checkLength(text.length)
    return text
  }),
  upper: strict((text: string) => text.toUpperCase()),
  lower: strict((text: string) => text.toLowerCase()),
  initcap: strict(initcap),
  trim: strict((text: string, characters = ' ') => trim(text, characters, true, true)),
  ltrim: strict((text: string, characters = ' ') => trim(text, characters, true, false)),
  rtrim: strict((text: string, characters = ' ') => trim(text, characters, false, true)),
  length: strict((value: string | Uint8Array) => (typeof value === 'string' ? characterCount(value) : value.length)),
  octet_length: strict((value: string | Uint8Array) =>
    typeof value === 'string' ? Buffer.byteLength(value) : value.length,
  ),
  substring: strict(substring),
  left: strict(left),
  right: strict(right),
  lpad: strict((text: string, length: ExactInteger, fill = ' ') => pad(text, length, fill, true)),
  rpad: strict((text: string, length: ExactInteger, fill = ' ') => pad(text, length, fill, false)),
  replace: strict(replace),
  translate: strict(translate),
  reverse: strict((text: string) => Array.from(text).reverse().join('')),
  repeat: strict(repeat),
  position: strict((part: string, text: string) => positionOf(text, part)),
  strpos: strict(positionOf),
  starts_with: strict((text: string, start: string) => text.startsWith(start)),
  ends_with: strict((text: string, end: string) => text.endsWith(end)),
  contains: strict((text: string, part: string) => text.includes(part)),
  split_part: strict(splitPart),
  split: strict(split),
  ascii: strict((text: string) => text.codePointAt(0) ?? 0),
  chr: strict(chr),
  format: lenient(format),
}
