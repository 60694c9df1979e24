import { assert } from '../../core/assert.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { END_OF_TIME, type EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { MatchRecognizeStep } from '../../plan/physical/match-steps.ts'
import { type KeyRows, lastOf, type MatchedRows, type MatchRows, rowOf, sizeOf } from './match-rows.ts'
import type { PatternState } from './pattern-states.ts'

/**
 * Rows of a key that matches which are not decided may still need; past it the search that began first is given up.
 * Each row that comes may look at all of them.
 */
export const MATCH_ROWS_MAX = 10_000
/** Runs of rows of one variable, over all partial matches of a key: what they take up, and what each row costs. */
export const PARTIAL_MATCHES_MAX = 100_000

export interface MatchOutput {
  /** `decidedAt`: event time at which nothing could replace it any more. `rows` holds its rows during the call. */
  found(match: MatchedRows, rows: KeyRows, decidedAt: EventTimeMs): void
  /** A row that can't be tested, or the first row of a search that was given up. */
  failed(reason: string, row: Row): void
}

/** What a matcher does, of its step. */
export interface MatchRules {
  readonly step: Pick<MatchRecognizeStep, 'withinMs' | 'afterMatch'>
  readonly states: readonly PatternState[]
  readonly rows: MatchRows
}

/** A search for the match that begins at a row. */
interface Search {
  readonly at: number
  readonly time: EventTimeMs
  /** In the order in which the pattern prefers them, all before what was found. None: it is decided. */
  open: readonly PartialMatch[]
  found: MatchedRows | undefined
}

interface PartialMatch {
  readonly state: PatternState
  readonly matched: MatchedRows | undefined
}

export interface KeptRow {
  readonly row: Row
  readonly time: EventTimeMs
}

/**
 * Finds the matches of one key in its rows, which come in their order.
 *
 * A match may begin at every row, and each begin is searched by itself: where a partial match is complete those that
 * the pattern prefers less are given up, and those that it prefers may still replace it. With none of these left the
 * search is decided. Matches come out in the order in which they begin: one that is decided waits until all that began
 * before it are, since each may skip the begins behind it.
 *
 * So the rows since the first search that is not decided are all that need be kept: from them alone the same partial
 * matches come again.
 */
export class Matcher implements KeyRows {
  readonly #rules: MatchRules
  readonly #out: MatchOutput
  /** Rows since the first search that is not decided. */
  readonly #kept: KeptRow[]
  /** Number of the first row that is kept. */
  #first = 0
  /** By their begin. The first is not decided; others may be, and have a match then. */
  #searches: readonly Search[] = []
  #restoring = false
  /** The row at hand has been told as one that can't be tested. */
  #hasFailed = false

  /** `kept`: the rows of one that was there before, which have been told of; the matcher goes on to keep its rows there. */
  constructor(rules: MatchRules, kept: KeptRow[], out: MatchOutput) {
    this.#rules = rules
    this.#kept = kept
    this.#out = out
    this.#restoring = true
    for (const [at, { time }] of kept.entries()) this.#look(at, time)
    this.#restoring = false
    assert((this.#searches[0]?.at ?? kept.length) === 0, 'all rows that were kept are needed')
  }

  rowAt(at: number): KeptRow {
    return this.#kept[at - this.#first] as KeptRow
  }

  /** With WITHIN: the last time at which a row may be part of the first match that is not decided. */
  get openUntil(): EventTimeMs | undefined {
    const [first] = this.#searches
    return first === undefined || this.#rules.step.withinMs === undefined ? undefined : this.#lastTimeOf(first)
  }

  /** The earliest event time of what was found and has not come out yet. */
  get heldTime(): EventTimeMs | undefined {
    let earliest: EventTimeMs | undefined
    for (const { found } of this.#searches) {
      if (found === undefined) continue
      const { time } = this.rowAt(lastOf(found))
      if (earliest === undefined || time < earliest) earliest = time
    }
    return earliest
  }

  add(row: Row, time: EventTimeMs): void {
    this.#kept.push({ row, time })
    this.#look(this.#first + this.#kept.length - 1, time)
    this.#forget(this.#first + this.#kept.length)
  }

  /** No row before `time` is to come. */
  expire(time: EventTimeMs): void {
    this.#expire(time)
    this.#forget(this.#first + this.#kept.length)
  }

  #look(at: number, time: EventTimeMs): void {
    this.#expire(time)
    this.#hasFailed = false
    this.#rules.rows.begin()
    const start: PartialMatch = { state: this.#rules.states[0] as PatternState, matched: undefined }
    const searches = [...this.#searches, { at, time, open: [start], found: undefined }]
    for (const search of searches) if (search.open.length > 0) this.#follow(search, at)
    this.#searches = searches.filter(({ open, found }) => open.length > 0 || found !== undefined)
    this.#settle(time)
    this.#giveUpBeyondLimits(at, time)
  }

  #expire(time: EventTimeMs): void {
    for (;;) {
      const [first] = this.#searches
      if (first === undefined) return
      const until = this.#lastTimeOf(first)
      if (until >= time && time !== END_OF_TIME) return
      first.open = []
      this.#settle(until)
    }
  }

  #lastTimeOf({ time }: Search): EventTimeMs {
    return time + (this.#rules.step.withinMs ?? Number.POSITIVE_INFINITY)
  }

  #follow(search: Search, at: number): void {
    const { states, rows } = this.#rules
    const open: PartialMatch[] = []
    const reached = rows.isMemoryless ? new Set<number>() : undefined
    let size = 0
    for (const { state, matched } of search.open) {
      for (const { variable, to } of state.targets) {
        if (reached?.has(to)) continue
        const extended = this.#extend(matched, variable, at)
        if (extended === undefined) continue
        reached?.add(to)
        const next = states[to] as PatternState
        if (next.targets.length > 0) open.push({ state: next, matched: extended })
        if (next.accepts) {
          search.found = extended
          search.open = open
          return
        }
        size += sizeOf(extended)
        if (size > PARTIAL_MATCHES_MAX) {
          search.found = undefined
          search.open = []
          this.#failed(TOO_MANY_PARTIAL_MATCHES, this.rowAt(search.at).row)
          return
        }
      }
    }
    search.open = open
  }

  #extend(matched: MatchedRows | undefined, variable: number, at: number): MatchedRows | undefined {
    try {
      return this.#rules.rows.extend(matched, variable, at, this)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      if (!this.#hasFailed) this.#failed(error.reason, this.rowAt(at).row)
      this.#hasFailed = true
      return undefined
    }
  }

  /** What is decided comes out, up to the first search that is not. */
  #settle(decidedAt: EventTimeMs): void {
    for (;;) {
      const [first] = this.#searches
      if (first === undefined || first.open.length > 0) return
      let next = first.at + 1
      if (first.found !== undefined) {
        assert(!this.#restoring, 'rows of a match that has come out are not kept')
        this.#out.found(first.found, this, decidedAt)
        next = Math.max(next, this.#nextBegin(first.found))
      }
      const kept = this.#searches.findIndex(({ at }) => at >= next)
      this.#searches = kept === -1 ? [] : this.#searches.slice(kept)
    }
  }

  /** AFTER MATCH. A variable without a row in the match skips to the next row, as one that is its first row does. */
  #nextBegin(match: MatchedRows): number {
    const { afterMatch } = this.#rules.step
    switch (afterMatch.to) {
      case 'past-last-row':
        return lastOf(match) + 1
      case 'next-row':
        return match.begin + 1
      case 'first':
      case 'last':
        return rowOf(match, afterMatch.variable, afterMatch.to) ?? match.begin + 1
    }
  }

  /** The first searches go: those that are left, and no others, come again from the rows that are kept. */
  #giveUpBeyondLimits(at: number, time: EventTimeMs): void {
    for (;;) {
      const [first] = this.#searches
      if (first === undefined) return
      const tooManyRows = at + 1 - first.at > MATCH_ROWS_MAX
      if (!tooManyRows && this.#size() <= PARTIAL_MATCHES_MAX) return
      this.#searches = this.#searches.slice(1)
      this.#failed(tooManyRows ? TOO_MANY_ROWS : TOO_MANY_PARTIAL_MATCHES, this.rowAt(first.at).row)
      this.#settle(time)
    }
  }

  #size(): number {
    let size = 0
    for (const { open } of this.#searches) for (const { matched } of open) size += sizeOf(matched)
    return size
  }

  /** Rows before the first search; with none, those before `next`. */
  #forget(next: number): void {
    const first = this.#searches[0]?.at ?? next
    if (first === this.#first) return
    this.#kept.splice(0, first - this.#first)
    this.#first = first
  }

  #failed(reason: string, row: Row): void {
    if (!this.#restoring) this.#out.failed(reason, row)
  }
}

const TOO_MANY_ROWS = `the match that begins here is given up: MATCH_RECOGNIZE keeps ${MATCH_ROWS_MAX} rows of one key`
const TOO_MANY_PARTIAL_MATCHES =
  'the match that begins here is given up: MATCH_RECOGNIZE follows partial matches of one key up to ' +
  `${PARTIAL_MATCHES_MAX} runs of rows`
