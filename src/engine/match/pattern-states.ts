import type { RowPattern } from '../../plan/physical/match-steps.ts'

/** Where a partial match is in the pattern: what the next row may be, the preferred first. */
export interface PatternState {
  readonly targets: readonly PatternTarget[]
  /** The match may end here: with less preference than all targets, since those behind it would never be chosen. */
  readonly accepts: boolean
}

export interface PatternTarget {
  readonly variable: number
  /** Position of the state behind the row. */
  readonly to: number
}

/**
 * A pattern as an automaton without empty steps. Counted repetitions are written out: {2,4} is AA(A(A)?)?. The first
 * state is where a match begins.
 */
export function patternStates(pattern: RowPattern): readonly PatternState[] {
  const rows: RowNode[] = []
  const start = nodeOf(pattern, END, rows)
  return [start, ...rows.map(({ next }) => next)].map(stateAt)
}

/** What comes next, before the empty steps are taken out. */
type PatternNode = RowNode | ForkNode | typeof END

interface RowNode {
  readonly kind: 'row'
  readonly variable: number
  /** Position of the state behind it. */
  readonly state: number
  readonly next: PatternNode
}

/** Ways to go on, the preferred first. */
interface ForkNode {
  readonly kind: 'fork'
  ways: readonly PatternNode[]
}

const END = { kind: 'end' } as const

function nodeOf(pattern: RowPattern, next: PatternNode, rows: RowNode[]): PatternNode {
  switch (pattern.kind) {
    case 'variable': {
      const row: RowNode = { kind: 'row', variable: pattern.variable, state: rows.length + 1, next }
      rows.push(row)
      return row
    }
    case 'sequence':
      return pattern.parts.reduceRight((after, part) => nodeOf(part, after, rows), next)
    case 'choice':
      return { kind: 'fork', ways: pattern.options.map((option) => nodeOf(option, next, rows)) }
    case 'repeat': {
      const { part, min, max, greedy } = pattern
      const fork = (more: PatternNode): ForkNode => ({ kind: 'fork', ways: greedy ? [more, next] : [next, more] })
      let node = next
      let needed = min
      if (max === undefined) {
        const loop = fork(END)
        const body = nodeOf(part, loop, rows)
        loop.ways = fork(body).ways
        node = min === 0 ? loop : body
        needed = Math.max(0, min - 1)
      } else for (let i = min; i < max; i++) node = fork(nodeOf(part, node, rows))
      for (let i = 0; i < needed; i++) node = nodeOf(part, node, rows)
      return node
    }
  }
}

/** The rows that can come next from a node, each once. */
function stateAt(node: PatternNode): PatternState {
  const targets: PatternTarget[] = []
  const seen = new Set<PatternNode>()
  /** True when the end was reached: what is less preferred is left out. */
  const visit = (one: PatternNode): boolean => {
    if (one.kind === 'end') return true
    if (seen.has(one)) return false
    seen.add(one)
    if (one.kind === 'fork') return one.ways.some(visit)
    targets.push({ variable: one.variable, to: one.state })
    return false
  }
  const accepts = visit(node)
  return { targets, accepts }
}
