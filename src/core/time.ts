/** Milliseconds since the epoch, UTC. Infinite at both ends: see NO_WATERMARK and END_OF_TIME. */
export type EventTimeMs = number
export type DurationMs = number

/** Nothing is known to be complete yet. */
export const NO_WATERMARK: EventTimeMs = Number.NEGATIVE_INFINITY
/** The last watermark of a bounded source: everything has arrived, every window closes. */
export const END_OF_TIME: EventTimeMs = Number.POSITIVE_INFINITY
