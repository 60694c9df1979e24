import type { DurationMs } from '../../core/time.ts'
import { alignDown } from './align.ts'
import type { Windower } from './windower.ts'

/** Windows of one size, one every `slideMs`: each time is in size / slide of them. */
export function hop(slideMs: DurationMs, sizeMs: DurationMs, offsetMs: DurationMs): Windower {
  return {
    stepMs: slideMs,
    sizeMs,
    sliceMs: greatestCommonDivisor(sizeMs, slideMs),
    offsetMs,
    firstEnd: (time) => alignDown(time - sizeMs, slideMs, offsetMs) + slideMs + sizeMs,
    lastEnd: (time) => alignDown(time, slideMs, offsetMs) + sizeMs,
    start: (end) => end - sizeMs,
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
