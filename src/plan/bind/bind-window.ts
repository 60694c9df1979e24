// Windows: their lengths, and the time that they go by. All spellings come here as one node each.

import type { ColumnRef, Interval, WindowSpec as Node } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { fail } from '../diagnostics.ts'
import type { LogicalPlan, WindowSpec } from '../logical/nodes.ts'
import type { Environment } from './environment.ts'
import { fixedMs } from './literals.ts'
import type { Scope } from './scope.ts'

/** Windows that a row may be in at most: bounds the work and the state that one row makes. */
export const WINDOWS_PER_ROW_MAX = 10_000

export function bindWindow(node: Node): WindowSpec {
  switch (node.kind) {
    case 'tumble':
      return { kind: 'tumble', sizeMs: positive(node.size, 'window size'), offsetMs: offset(node.offset) }
    case 'hop': {
      const slideMs = positive(node.slide, 'slide of a hop window')
      const sizeMs = positive(node.size, 'size of a hop window')
      if (slideMs > sizeMs) {
        fail(node.slide.span, 'INVALID_WINDOW', 'the slide of a hop window is longer than its size', {
          hint: 'The slide comes first, then the size: HOP(ts, slide, size); or name them: SLIDE => …, SIZE => ….',
        })
      }
      checkCount(sizeMs / slideMs, node.span)
      return { kind: 'hop', slideMs, sizeMs, offsetMs: offset(node.offset) }
    }
    case 'cumulate': {
      const stepMs = positive(node.step, 'step of a cumulate window')
      const sizeMs = positive(node.size, 'size of a cumulate window')
      if (sizeMs % stepMs !== 0) {
        fail(node.size.span, 'INVALID_WINDOW', 'the size of a cumulate window is a multiple of its step', {
          hint: 'The step comes first, then the size: CUMULATE(ts, step, size).',
        })
      }
      checkCount(sizeMs / stepMs, node.span)
      return { kind: 'cumulate', stepMs, sizeMs, offsetMs: offset(node.offset) }
    }
    case 'session': {
      const gapMs = positive(node.gap, 'session gap')
      const maxMs = node.max === undefined ? undefined : positive(node.max, 'maximum of a session')
      if (node.max !== undefined && maxMs !== undefined && maxMs < gapMs) {
        fail(node.max.span, 'INVALID_WINDOW', 'the maximum of a session is shorter than its gap')
      }
      return { kind: 'session', gapMs, maxMs }
    }
  }
}

export function positive(interval: Interval, what: string): number {
  const ms = fixedMs(interval)
  if (ms > 0 && Number.isInteger(ms)) return ms
  fail(interval.span, 'INVALID_WINDOW', `the ${what} is at least one millisecond`)
}

export function notNegative(interval: Interval, what: string): number {
  const ms = fixedMs(interval)
  if (ms >= 0) return ms
  fail(interval.span, 'INVALID_WINDOW', `the ${what} is not negative`)
}

function offset(interval: Interval | undefined): number {
  return interval === undefined ? 0 : fixedMs(interval)
}

function checkCount(windows: number, span: Span): void {
  if (windows <= WINDOWS_PER_ROW_MAX) return
  fail(span, 'INVALID_WINDOW', `a row would be in ${Math.ceil(windows)} windows; at most ${WINDOWS_PER_ROW_MAX}`, {
    hint: 'Make the slide longer or the window shorter.',
  })
}

/**
 * Windows go by the time that the stream declares with WATERMARK, or by the clock. Rows of a window have the event
 * time window_end − 1 ms, so that both of its bounds may be named in a window over windows.
 */
export function bindWindowTime(
  node: ColumnRef,
  scope: Scope,
  input: LogicalPlan,
  environment: Environment,
): 'event' | 'processing' {
  const name = node.path.at(-1)?.name ?? ''
  if (name === 'proctime' && node.path.length === 1 && scope.find(name).length === 0) return 'processing'
  const bound = scope.resolve(node)
  if (environment.session.timeMode === 'processing') return 'processing'
  const { timeColumn } = input.schema
  if (bound.kind === 'column') {
    if (bound.index === timeColumn) return 'event'
    const window = input.window
    if (window?.time === 'event' && (bound.index === window.start || bound.index === window.end)) return 'event'
  }
  if (timeColumn === undefined) {
    const ofMatches = input.kind === 'match-recognize' ? `Measure it: MATCH_ROWTIME() AS ${name}.` : undefined
    fail(node.span, 'INVALID_TIME_COLUMN', `${scope.description} has no event time, so no windows over "${name}"`, {
      hint:
        ofMatches ??
        `Declare it: WATERMARK FOR ${name} AS ${name} - INTERVAL '5' SECOND; or SET 'time.mode' = 'processing'.`,
    })
  }
  const time = scope.columns[timeColumn]?.name
  fail(node.span, 'INVALID_TIME_COLUMN', `"${name}" is not the event time of ${scope.description}`, {
    hint: `Windows go by "${time}", which has a watermark, or, with SET 'time.mode' = 'processing', by the clock.`,
  })
}

/** For the spelling of ksqlDB, which names no column. */
export function defaultWindowTime(
  span: Span,
  scope: Scope,
  input: LogicalPlan,
  environment: Environment,
): 'event' | 'processing' {
  if (environment.session.timeMode === 'processing') return 'processing'
  if (input.schema.timeColumn !== undefined) return 'event'
  fail(span, 'INVALID_TIME_COLUMN', `${scope.description} has no event time, so no windows`, {
    hint: "Declare it: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND.",
  })
}
