// Which tokens may follow a beginning of a statement: the grammar run as a nondeterministic automaton over all of
// its ways at once. The parser itself knows only the alternatives of the rule that failed; "did you mean" and
// completion need all. Gates are not consulted, so the answer may hold a little too much, never too little.

import {
  Alternation,
  Alternative,
  type IProduction,
  type IToken,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  Terminal,
  type TokenType,
} from 'chevrotain'
import { parser } from './parser.ts'
import { accepts } from './tokens.ts'

export interface ExpectedToken {
  readonly type: TokenType
  /** The innermost rule that asks for it: `columnName`, `relationName`. */
  readonly rule: string
}

interface State {
  readonly id: number
  /** The token to read, or the rule to go through, before `next`; neither for a mere fork. */
  readonly token: ExpectedToken | undefined
  readonly rule: string | undefined
  next: readonly State[]
  /** The end of a rule: go on where it was called from. */
  readonly isEnd: boolean
}

/** Where to go on when a rule ends. Equal stacks are one object, so that configurations can be compared. */
interface Frame {
  readonly state: State
  readonly parent: Frame | undefined
  readonly id: number
}

interface Configuration {
  readonly state: State
  readonly frame: Frame | undefined
}

class Automaton {
  readonly #starts = new Map<string, State>()
  #stateCount = 0

  constructor() {
    for (const [name, rule] of Object.entries(parser.getGAstProductions())) {
      this.#starts.set(name, this.#sequence(rule.definition, this.#state({ isEnd: true }), name))
    }
  }

  start(rule: string): State {
    const state = this.#starts.get(rule)
    if (state === undefined) throw new Error(`no rule ${rule}`)
    return state
  }

  #state(parts: Partial<State>): State {
    this.#stateCount += 1
    return { id: this.#stateCount, token: undefined, rule: undefined, next: [], isEnd: false, ...parts }
  }

  #sequence(productions: readonly IProduction[], next: State, rule: string): State {
    return productions.reduceRight((after, production) => this.#single(production, after, rule), next)
  }

  #single(production: IProduction, next: State, rule: string): State {
    if (production instanceof Terminal) {
      return this.#state({ token: { type: production.terminalType, rule }, next: [next] })
    }
    if (production instanceof NonTerminal) return this.#state({ rule: production.nonTerminalName, next: [next] })
    if (production instanceof Alternative) return this.#sequence(production.definition, next, rule)
    if (production instanceof Option) {
      return this.#state({ next: [this.#sequence(production.definition, next, rule), next] })
    }
    if (production instanceof Alternation) {
      return this.#state({ next: production.definition.map((way) => this.#single(way, next, rule)) })
    }
    if (production instanceof RepetitionMandatoryWithSeparator || production instanceof RepetitionWithSeparator) {
      return this.#separated(production, next, rule)
    }
    if (production instanceof Repetition || production instanceof RepetitionMandatory) {
      const loop = this.#state({})
      const body = this.#sequence(production.definition, loop, rule)
      loop.next = [body, next]
      return production instanceof Repetition ? loop : body
    }
    throw new Error('unknown production')
  }

  #separated(production: RepetitionMandatoryWithSeparator | RepetitionWithSeparator, next: State, rule: string): State {
    const again = this.#state({})
    const body = this.#sequence(production.definition, again, rule)
    const separator = this.#state({ token: { type: production.separator, rule }, next: [body] })
    again.next = [separator, next]
    return production instanceof RepetitionWithSeparator ? this.#state({ next: [body, next] }) : body
  }
}

// Built on the first error or completion, not at start-up.
let automaton: Automaton | undefined

/** A run of the automaton: feed tokens, ask what may come next. */
export class ExpectedTokens {
  readonly #automaton: Automaton
  readonly #frames = new Map<string, Frame>()
  #current: readonly Configuration[]
  #mayEnd = false

  constructor(startRule: string) {
    this.#automaton = automaton ??= new Automaton()
    this.#current = this.#closure([{ state: this.#automaton.start(startRule), frame: undefined }])
  }

  /** False when the token cannot stand here; the run is then over. */
  advance(token: IToken): boolean {
    const after: Configuration[] = []
    for (const { state, frame } of this.#current) {
      if (accepts(state.token!.type, token.tokenType)) after.push({ state: state.next[0]!, frame })
    }
    this.#current = this.#closure(after)
    return after.length > 0
  }

  get expected(): readonly ExpectedToken[] {
    return this.#current.map(({ state }) => state.token!)
  }

  /** Whether what was read so far is complete. */
  get mayEnd(): boolean {
    return this.#mayEnd
  }

  #closure(seeds: readonly Configuration[]): Configuration[] {
    const waiting: Configuration[] = []
    const seen = new Set<number>()
    const work = [...seeds]
    this.#mayEnd = false
    for (let top = work.pop(); top !== undefined; top = work.pop()) {
      const { state, frame } = top
      const key = state.id * 1_000_000 + (frame?.id ?? 0)
      if (seen.has(key)) continue
      seen.add(key)
      if (state.token !== undefined) waiting.push(top)
      else if (state.rule !== undefined) {
        work.push({ state: this.#automaton.start(state.rule), frame: this.#frame(state.next[0]!, frame) })
      } else if (state.isEnd && frame !== undefined) work.push({ state: frame.state, frame: frame.parent })
      else if (state.isEnd) this.#mayEnd = true
      else for (const next of state.next) work.push({ state: next, frame })
    }
    return waiting
  }

  #frame(state: State, parent: Frame | undefined): Frame | undefined {
    // Nothing is left to do in the caller: return straight to its own caller, as a tail call does.
    if (state.isEnd) return parent
    const key = `${state.id}:${parent?.id ?? 0}`
    const known = this.#frames.get(key)
    if (known !== undefined) return known
    const frame = { state, parent, id: this.#frames.size + 1 }
    this.#frames.set(key, frame)
    return frame
  }
}
