// What EXPLAIN says of MATCH_RECOGNIZE, and what two plans are compared by.

import type { Field } from '../core/schema.ts'
import type { Expression } from './physical/expression.ts'
import type { AfterMatch, MatchRecognizeStep, MatchValue, RowPattern } from './physical/match-steps.ts'
import { printDuration, printExpression } from './print-expression.ts'

type Parts = Pick<
  MatchRecognizeStep,
  'variables' | 'pattern' | 'withinMs' | 'afterMatch' | 'values' | 'conditions' | 'measures'
>

/** What decides which rows match, by name. */
export interface MatchTexts {
  readonly pattern: string
  readonly within: string
  readonly 'after a match': string
  readonly conditions: string
}

export function matchTexts(parts: Parts, fields: readonly Field[]): MatchTexts & Readonly<Record<string, string>> {
  const { variables, pattern, withinMs, afterMatch, conditions } = parts
  const defined = conditions.flatMap((one, i) =>
    one.kind === 'literal' ? [] : [`${variables[i]} AS ${printValues(one, parts, fields)}`],
  )
  return {
    pattern: patternText(pattern, variables),
    within: withinMs === undefined ? '' : printDuration(withinMs),
    'after a match': afterMatchText(afterMatch, variables),
    conditions: defined.join(', '),
  }
}

export function matchDetails(
  parts: Parts,
  fields: readonly Field[],
  measured: readonly Field[],
): readonly (string | undefined)[] {
  const texts = matchTexts(parts, fields)
  const measures = parts.measures.map((one, i) => `${printValues(one, parts, fields)} AS ${measured[i]?.name}`)
  return [
    texts.conditions === '' ? undefined : `define ${texts.conditions}`,
    measures.length === 0 ? undefined : `measures ${measures.join(', ')}`,
    `then ${texts['after a match']}`,
  ]
}

export function patternTitle({ pattern, variables, withinMs }: Parts): string {
  return `(${patternText(pattern, variables)})${withinMs === undefined ? '' : ` within ${printDuration(withinMs)}`}`
}

/** A key whose rows stop in the middle of a match keeps what it has of it. */
export function matchState(withinMs: number | undefined): string | undefined {
  return withinMs === undefined ? 'without WITHIN state grows with the keys that stop within a match' : undefined
}

function afterMatchText(afterMatch: AfterMatch, variables: readonly string[]): string {
  const { to } = afterMatch
  switch (to) {
    case 'past-last-row':
      return 'past its last row'
    case 'next-row':
      return 'from its second row'
    case 'first':
    case 'last':
      return `from its ${to} ${variables[afterMatch.variable]}`
  }
}

function patternText(pattern: RowPattern, variables: readonly string[]): string {
  const part = (one: RowPattern, bare: readonly RowPattern['kind'][]) => {
    const text = patternText(one, variables)
    return bare.includes(one.kind) ? text : `(${text})`
  }
  switch (pattern.kind) {
    case 'variable':
      return variables[pattern.variable] ?? '?'
    case 'sequence':
      return pattern.parts.map((one) => part(one, ['variable', 'repeat'])).join(' ')
    case 'choice':
      return pattern.options.map((one) => part(one, ['variable', 'repeat', 'sequence'])).join(' | ')
    case 'repeat':
      return `${part(pattern.part, ['variable'])}${quantifier(pattern)}`
  }
}

function quantifier({ min, max, greedy }: Extract<RowPattern, { kind: 'repeat' }>): string {
  const suffix = greedy ? '' : '?'
  if (max === undefined && min < 2) return `${min === 0 ? '*' : '+'}${suffix}`
  if (min === 0 && max === 1) return `?${suffix}`
  return `{${min === max ? min : `${min},${max ?? ''}`}}${suffix}`
}

/** An expression over the values, with the text of each in its place. */
function printValues(expression: Expression, { values, variables }: Parts, fields: readonly Field[]): string {
  const named = values.map(
    (one): Field => ({ name: valueText(one, variables, fields), type: typeOf(one), nullable: true }),
  )
  return printExpression(expression, named)
}

function typeOf(value: MatchValue): Field['type'] {
  return value.kind === 'row' ? value.type : value.call.type
}

function valueText(value: MatchValue, variables: readonly string[], fields: readonly Field[]): string {
  const of = value.variable === undefined ? '' : `${variables[value.variable]}.`
  const nameOf = (index: number) => `${of}${fields[index]?.name ?? `#${index}`}`
  if (value.kind === 'row') {
    const { from, offset, column } = value
    if (from === 'last' && offset === 0) return nameOf(column)
    return `${from}(${nameOf(column)}${offset === 0 ? '' : `, ${offset}`})`
  }
  const { function: name, arguments: args, constants, distinct, filter } = value.call
  const list = [...args.map(nameOf), ...constants.map((one) => printExpression(one, fields))]
  const all = list.length === 0 && name === 'count' ? `${of}*` : list.join(', ')
  return `${name}(${distinct ? 'distinct ' : ''}${all})${filter === undefined ? '' : ` filter ${nameOf(filter)}`}`
}
