import type { DurationMs } from '../../core/time.ts'
import { alignDown } from './align.ts'
import type { Windower } from './windower.ts'

/** Windows of one size, side by side: each time is in exactly one. */
export function tumble(sizeMs: DurationMs, offsetMs: DurationMs): Windower {
  const endOf = (time: number): number => alignDown(time, sizeMs, offsetMs) + sizeMs
  return {
    stepMs: sizeMs,
    sizeMs,
    sliceMs: sizeMs,
    offsetMs,
    firstEnd: endOf,
    lastEnd: endOf,
    start: (end) => end - sizeMs,
  }
}
