// The small language in which functions.ts writes signatures, for example `(array<T>, int?) -> T`: it is parsed once
// when the module loads, resolved against argument types by the binder, and printed as it is in the documentation.
//
// parameter types:  a SQL type (`decimal` without arguments takes any precision) · array<X> · map<X, Y>
//                   T K V   any type, the same (after casts) wherever the letter stands
//                   N       any number: INT, BIGINT, DECIMAL or DOUBLE · I   INT or BIGINT
//                   any     anything, as it is · text   anything, cast to STRING
//                   unit    a unit of time: MINUTE, 'minute'
// after a type:     ?       may be left out, and all after it · ...   any number of them, also none
// before a type:    const   a literal

import { assert, must } from '../../core/assert.ts'
import { arrayOf, DOUBLE, decimal, isInteger, isNumeric, type SqlType, STRING } from '../../core/type.ts'
import { castCost, commonType } from './coerce.ts'

export interface Signature {
  readonly parameters: readonly Parameter[]
  readonly result: TypePattern
  readonly text: string
}

export interface Parameter {
  readonly pattern: TypePattern
  readonly optional: boolean
  readonly variadic: boolean
  readonly constant: boolean
}

export type TypePattern =
  | { readonly kind: 'type'; readonly type: SqlType }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly element: TypePattern }
  | { readonly kind: 'map'; readonly key: TypePattern; readonly value: TypePattern }
  | { readonly kind: 'decimal' }
  | { readonly kind: 'any' }
  | { readonly kind: 'text' }
  | { readonly kind: 'unit' }

/** A signature that fits: what each argument must be cast to, and what comes out. */
export interface Resolved {
  readonly signature: Signature
  readonly argumentTypes: readonly SqlType[]
  readonly type: SqlType
}

const PLAIN_TYPES = [
  'boolean',
  'int',
  'bigint',
  'double',
  'string',
  'bytes',
  'date',
  'time',
  'timestamp',
  'interval',
  'json',
] as const

/** Cost of an argument that has to be cast to text: any signature that takes it as it is comes first. */
const TEXT_CAST_COST = 20

/** Parses signatures that are separated by `|`. */
export function parseSignatures(text: string): readonly Signature[] {
  return text.split(' | ').map((one) => parseSignature(one.trim()))
}

function parseSignature(text: string): Signature {
  const arrow = text.lastIndexOf(' -> ')
  assert(text.startsWith('(') && text[arrow - 1] === ')', `signature ${text} is "(parameters) -> result"`)
  const inside = text.slice(1, arrow - 1)
  const parameters = inside === '' ? [] : splitTop(inside).map(parseParameter)
  return { parameters, result: parsePattern(text.slice(arrow + 4)), text }
}

function parseParameter(text: string): Parameter {
  const constant = text.startsWith('const ')
  const optional = text.endsWith('?')
  const variadic = text.endsWith('...')
  const bare = text.replace(/^const /, '').replace(/\?$|\.\.\.$/, '')
  return { pattern: parsePattern(bare), optional, variadic, constant }
}

function parsePattern(text: string): TypePattern {
  const plain = PLAIN_TYPES.find((name) => name === text)
  if (plain !== undefined) return { kind: 'type', type: { kind: plain } }
  if (text === 'any' || text === 'text' || text === 'unit' || text === 'decimal') return { kind: text }
  if (/^[TKVNI]$/.test(text)) return { kind: 'variable', name: text }
  const inner = text.slice(text.indexOf('<') + 1, -1)
  if (text.startsWith('array<')) return { kind: 'array', element: parsePattern(inner) }
  assert(text.startsWith('map<'), `type ${text} of a signature is known`)
  const [key, value] = splitTop(inner).map(parsePattern)
  return { kind: 'map', key: must(key, 'map key'), value: must(value, 'map value') }
}

/** Splits at the commas that are outside of <>. */
function splitTop(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const c = text[i]
    if (c === '<') depth++
    else if (c === '>') depth--
    else if (c === undefined || (c === ',' && depth === 0)) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  return parts
}

/** How a function is called, for those who called it in another way. */
export function usage(entry: {
  readonly id: string
  readonly signatures: readonly Signature[]
  readonly example: string
}): string {
  const forms = entry.signatures.map((one) => `${entry.id}${one.text}`)
  return `It is ${forms.join(', or ')}. Example: ${entry.example}`
}

/** The cheapest signature that takes these arguments; the earlier one when two are equal. */
export function resolveSignature(signatures: readonly Signature[], types: readonly SqlType[]): Resolved | undefined {
  let best: Resolved | undefined
  let bestCost = Number.POSITIVE_INFINITY
  for (const signature of signatures) {
    const fit = fitSignature(signature, types)
    if (fit !== undefined && fit.cost < bestCost) {
      best = fit.resolved
      bestCost = fit.cost
    }
  }
  return best
}

function fitSignature(
  signature: Signature,
  types: readonly SqlType[],
): { readonly cost: number; readonly resolved: Resolved } | undefined {
  const patterns = patternsFor(signature, types.length)
  if (patterns === undefined) return undefined
  const variables = new Map<string, SqlType>()
  for (const [i, pattern] of patterns.entries()) {
    if (!bindVariables(pattern, must(types[i], 'an argument a pattern'), variables)) return undefined
  }
  let cost = 0
  const argumentTypes: SqlType[] = []
  for (const [i, pattern] of patterns.entries()) {
    const from = must(types[i], 'an argument a pattern')
    const to = substitute(pattern, variables, from)
    const step = pattern.kind === 'text' && to.kind !== from.kind ? TEXT_CAST_COST : castCost(from, to)
    if (step === undefined) return undefined
    cost += step
    argumentTypes.push(to)
  }
  return { cost, resolved: { signature, argumentTypes, type: substitute(signature.result, variables, STRING) } }
}

/** One pattern an argument, or undefined when their number does not fit. */
function patternsFor(signature: Signature, count: number): readonly TypePattern[] | undefined {
  const patterns: TypePattern[] = []
  for (const parameter of signature.parameters) {
    if (parameter.variadic) while (patterns.length < count) patterns.push(parameter.pattern)
    else if (patterns.length < count) patterns.push(parameter.pattern)
    else if (!parameter.optional) return undefined
  }
  return patterns.length === count ? patterns : undefined
}

function bindVariables(pattern: TypePattern, type: SqlType, variables: Map<string, SqlType>): boolean {
  switch (pattern.kind) {
    case 'variable': {
      if (pattern.name === 'N' && !isNumeric(type) && type.kind !== 'null') return false
      if (pattern.name === 'I' && !isInteger(type) && type.kind !== 'null') return false
      const before = variables.get(pattern.name)
      const common = before === undefined ? type : commonType(before, type)
      if (common === undefined) return false
      variables.set(pattern.name, common)
      return true
    }
    case 'array':
      if (type.kind === 'null') return true
      return type.kind === 'array' && bindVariables(pattern.element, type.element, variables)
    case 'map':
      if (type.kind === 'null') return true
      return (
        type.kind === 'map' &&
        bindVariables(pattern.key, type.key, variables) &&
        bindVariables(pattern.value, type.value, variables)
      )
    case 'decimal':
      return type.kind === 'decimal'
    default:
      return true
  }
}

function substitute(pattern: TypePattern, variables: ReadonlyMap<string, SqlType>, from: SqlType): SqlType {
  switch (pattern.kind) {
    case 'type':
      return pattern.type
    case 'variable': {
      const type = variables.get(pattern.name) ?? STRING
      // A number that is a bare NULL has to be some number.
      return type.kind === 'null' && (pattern.name === 'N' || pattern.name === 'I') ? DOUBLE : type
    }
    case 'array':
      return arrayOf(substitute(pattern.element, variables, from.kind === 'array' ? from.element : STRING))
    case 'map':
      return {
        kind: 'map',
        key: substitute(pattern.key, variables, STRING),
        value: substitute(pattern.value, variables, STRING),
      }
    case 'decimal':
      return from.kind === 'decimal' ? from : decimal(38, 0)
    case 'any':
      return from
    case 'text':
    case 'unit':
      return STRING
  }
}
