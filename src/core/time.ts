/** Milliseconds since the epoch, UTC. Infinite at both ends: see NO_WATERMARK and END_OF_TIME. */
export type EventTimeMs = number
export type DurationMs = number

/** Nothing is known to be complete yet. */
export const NO_WATERMARK: EventTimeMs = Number.NEGATIVE_INFINITY
/** The first watermark of a table without event time: it has been loaded. Earlier than any time that a row can have. */
export const LOADED: EventTimeMs = -Number.MAX_SAFE_INTEGER
/** The last watermark of a bounded source: everything has arrived, every window closes. */
export const END_OF_TIME: EventTimeMs = Number.POSITIVE_INFINITY
