/**
 * The largest multiple of `stepMs` (counted from `offsetMs`) that is not after `time`. By remainder and not by
 * division: the remainder of two doubles is exact, a quotient rounds up just before a boundary.
 */
export function alignDown(time: number, stepMs: number, offsetMs: number): number {
  const remainder = (time - offsetMs) % stepMs
  return remainder < 0 ? time - remainder - stepMs : time - remainder
}
