import { formatTimestamp } from '../core/timestamp.ts'

/** The time of the day of an event time, for footers: `12:00:05`. The ends of time are named. */
export function clockText(ms: number): string {
  return Number.isFinite(ms) ? formatTimestamp(Math.floor(ms / 1000) * 1000).slice(-8) : formatTimestamp(ms)
}
