import type { DurationMs } from '../../core/time.ts'
import { alignDown } from './align.ts'
import type { Windower } from './windower.ts'

/**
 * Windows that begin together and grow by `stepMs` up to `sizeMs`, then begin anew. `sizeMs` is a multiple of
 * `stepMs`.
 */
export function cumulate(stepMs: DurationMs, sizeMs: DurationMs, offsetMs: DurationMs): Windower {
  return {
    stepMs,
    sizeMs,
    sliceMs: stepMs,
    offsetMs,
    firstEnd: (time) => alignDown(time, stepMs, offsetMs) + stepMs,
    lastEnd: (time) => alignDown(time, sizeMs, offsetMs) + sizeMs,
    start: (end) => alignDown(end - stepMs, sizeMs, offsetMs),
  }
}
