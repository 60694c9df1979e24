/**
 * The largest multiple of `stepMs` (counted from `offsetMs`) that is not after `time`. Boundaries are whole
 * milliseconds, so a fraction of `time` makes no difference; without it the remainder is exact, where a quotient would
 * round up just before a boundary.
 */
export function alignDown(time: number, stepMs: number, offsetMs: number): number {
  const whole = Math.floor(time)
  const remainder = (whole - offsetMs) % stepMs
  return remainder < 0 ? whole - remainder - stepMs : whole - remainder
}
