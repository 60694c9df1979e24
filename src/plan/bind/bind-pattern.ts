// PATTERN and AFTER MATCH: names to variables, and what no stream could be asked for.

import type { AfterMatch as AfterMatchNode, Identifier, Pattern } from '../../../grammar/ast.ts'
import { fail, notSupported } from '../diagnostics.ts'
import type { AfterMatch, RowPattern } from '../physical/match-steps.ts'
import { didYouMean } from './did-you-mean.ts'

/** States of the matcher: each variable, as often as it is written or counted, is one. */
export const PATTERN_STATES_MAX = 1_000

export interface BoundPattern {
  readonly pattern: RowPattern
  /** By name, in the order in which they are written. */
  readonly variables: ReadonlyMap<string, number>
}

export function bindPattern(node: Pattern): BoundPattern {
  const variables = new Map<string, number>()
  const pattern = resolve(node, variables)
  if (mayBeEmpty(node)) {
    fail(node.span, 'INVALID_QUERY', 'the pattern also matches no row at all', {
      hint: 'Let one of its variables have at least one row: A+ instead of A*.',
    })
  }
  const states = statesOf(node)
  if (states > PATTERN_STATES_MAX) {
    fail(node.span, 'INVALID_QUERY', `the pattern has ${states} states; at most ${PATTERN_STATES_MAX}`, {
      hint: 'A variable counts as often as it is repeated: {100} is 100 states, + and * are one.',
    })
  }
  const open = openEnd(node)
  if (open !== undefined) {
    fail(open.span, 'INVALID_QUERY', 'nothing ends the pattern: it goes on for as long as rows match', {
      hint: 'Write a variable behind it that ends it, such as PATTERN (A B+ C), or a reluctant quantifier: B+?.',
    })
  }
  return { pattern, variables }
}

export function bindAfterMatch(
  node: AfterMatchNode | undefined,
  pattern: Pattern,
  variables: ReadonlyMap<string, number>,
): AfterMatch {
  if (node === undefined || node.skip === 'past-last-row') return { to: 'past-last-row' }
  if (node.skip === 'to-next-row' || node.variable === undefined) return { to: 'next-row' }
  const to = node.skip === 'to-first' ? 'first' : 'last'
  const variable = patternVariable(node.variable, variables)
  const firsts = firstVariables(pattern)
  if (to === 'first' && firsts.size === 1 && firsts.has(node.variable.name)) {
    fail(node.span, 'INVALID_QUERY', `a match begins with "${node.variable.name}", and would be found again for ever`, {
      hint: 'Write AFTER MATCH SKIP TO NEXT ROW, or skip to another variable.',
    })
  }
  return { to, variable }
}

/** Position of a variable that the pattern has. */
export function patternVariable({ name, span }: Identifier, variables: ReadonlyMap<string, number>): number {
  const found = variables.get(name)
  if (found !== undefined) return found
  return fail(span, 'UNKNOWN_RELATION', `PATTERN has no variable "${name}"`, {
    hint: didYouMean(name, [...variables.keys()], 'Its variables'),
  })
}

function resolve(node: Pattern, variables: Map<string, number>): RowPattern {
  switch (node.kind) {
    case 'pattern-variable': {
      const { name } = node.name
      const known = variables.get(name)
      if (known === undefined) variables.set(name, variables.size)
      return { kind: 'variable', variable: known ?? variables.size - 1 }
    }
    case 'pattern-sequence':
      return { kind: 'sequence', parts: node.parts.map((part) => resolve(part, variables)) }
    case 'pattern-choice':
      return { kind: 'choice', options: node.options.map((option) => resolve(option, variables)) }
    case 'pattern-repeat': {
      if (mayBeEmpty(node.part) && node.max !== 1) {
        notSupported(node.span, 'a repetition of what may have no rows', 'Write (A B?)+ or (A | B)*, not (A? B?)+.')
      }
      const { min, max, greedy } = node
      return { kind: 'repeat', part: resolve(node.part, variables), min, max, greedy }
    }
  }
}

function mayBeEmpty(node: Pattern): boolean {
  switch (node.kind) {
    case 'pattern-variable':
      return false
    case 'pattern-sequence':
      return node.parts.every(mayBeEmpty)
    case 'pattern-choice':
      return node.options.some(mayBeEmpty)
    case 'pattern-repeat':
      return node.min === 0 || mayBeEmpty(node.part)
  }
}

function statesOf(node: Pattern): number {
  switch (node.kind) {
    case 'pattern-variable':
      return 1
    case 'pattern-sequence':
      return node.parts.reduce((sum, part) => sum + statesOf(part), 0)
    case 'pattern-choice':
      return node.options.reduce((sum, option) => sum + statesOf(option), 0)
    case 'pattern-repeat':
      return statesOf(node.part) * Math.max(1, node.max ?? node.min)
  }
}

/** A greedy repetition without bound that may be the last of the pattern. */
function openEnd(node: Pattern): Pattern | undefined {
  switch (node.kind) {
    case 'pattern-variable':
      return undefined
    case 'pattern-sequence': {
      for (const part of node.parts.toReversed()) {
        const open = openEnd(part)
        if (open !== undefined) return open
        if (!mayBeEmpty(part)) return undefined
      }
      return undefined
    }
    case 'pattern-choice':
      return node.options.map(openEnd).find((one) => one !== undefined)
    case 'pattern-repeat':
      return node.greedy && node.max === undefined ? node : openEnd(node.part)
  }
}

/** What the first row of a match may be. */
function firstVariables(node: Pattern): ReadonlySet<string> {
  switch (node.kind) {
    case 'pattern-variable':
      return new Set([node.name.name])
    case 'pattern-choice':
      return new Set(node.options.flatMap((option) => [...firstVariables(option)]))
    case 'pattern-repeat':
      return firstVariables(node.part)
    case 'pattern-sequence': {
      const needed = node.parts.findIndex((part) => !mayBeEmpty(part))
      const parts = needed === -1 ? node.parts : node.parts.slice(0, needed + 1)
      return new Set(parts.flatMap((part) => [...firstVariables(part)]))
    }
  }
}
