import { unreachable } from '../../core/assert.ts'
import type { DurationMs, EventTimeMs } from '../../core/time.ts'
import type { WindowSpec } from '../../plan/physical/nodes.ts'
import { cumulate } from './cumulate.ts'
import { hop } from './hop.ts'
import { tumble } from './tumble.ts'

/**
 * Which aligned windows a time falls in.
 *
 * A window is [start, end) and its end alone identifies it. The windows of one time are those that end at `firstEnd`,
 * `firstEnd + stepMs`, … up to `lastEnd`: whoever needs them all counts up, and no list is made for a row. Where
 * windows have gaps, `firstEnd > lastEnd` says that a time is in none.
 *
 * Times may be negative and may have fractions of a millisecond; starts and ends are whole milliseconds.
 */
export interface Windower {
  /** Distance between the ends of two windows that follow each other. */
  readonly stepMs: DurationMs
  /** Length of the longest window. */
  readonly sizeMs: DurationMs
  /** All times of one slice, [offset + k · sliceMs, offset + (k + 1) · sliceMs), are in the same windows. */
  readonly sliceMs: DurationMs
  readonly offsetMs: DurationMs
  firstEnd(time: EventTimeMs): EventTimeMs
  lastEnd(time: EventTimeMs): EventTimeMs
  start(end: EventTimeMs): EventTimeMs
}

export function windower(spec: WindowSpec): Windower {
  switch (spec.kind) {
    case 'tumble':
      return tumble(spec.sizeMs, spec.offsetMs)
    case 'hop':
      return hop(spec.slideMs, spec.sizeMs, spec.offsetMs)
    case 'cumulate':
      return cumulate(spec.stepMs, spec.sizeMs, spec.offsetMs)
    default:
      return unreachable(spec)
  }
}
