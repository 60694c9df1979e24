import type { DurationMs, EventTimeMs } from '../../core/time.ts'

/**
 * Session windows: rows of a key that follow each other by less than `gapMs`.
 *
 * A session is [start, last row + gap), half open like every window: a row exactly `gapMs` after the last one begins a
 * new session, so that what belongs together does not depend on whether the watermark came in between. With a maximum
 * a session ends at start + maximum at the latest. Two sessions are merged by a row between them unless the whole
 * would be longer than that; then the earlier ends where the later begins. Sessions of a key never overlap.
 */
export interface Span {
  start: EventTimeMs
  /** Time of the latest row. */
  last: EventTimeMs
  end: EventTimeMs
}

export class SessionWindows {
  readonly gapMs: DurationMs
  readonly #maxMs: DurationMs

  constructor(gapMs: DurationMs, maxMs: DurationMs | undefined) {
    this.gapMs = gapMs
    this.#maxMs = maxMs ?? Number.POSITIVE_INFINITY
  }

  /** The window of a row on its own. */
  open(time: EventTimeMs): Span {
    return { start: time, last: time, end: this.#endOf(time, time) }
  }

  /** Index of the session that holds the time, or of the place for a new one as −1 − index. Sorted by start. */
  find(sessions: readonly Span[], time: EventTimeMs): number {
    let index = sessions.length
    while (index > 0 && (sessions[index - 1] as Span).start > time) index--
    if (index > 0 && time < (sessions[index - 1] as Span).end) return index - 1
    return -1 - index
  }

  /** Takes a time into a session that holds it. */
  extend(span: Span, time: EventTimeMs): void {
    if (time <= span.last) return
    span.last = time
    span.end = this.#endOf(span.start, time)
  }

  /** True when the one that follows is to become part of the span; it may be cut short otherwise. */
  absorbs(span: Span, next: Span | undefined): boolean {
    if (next === undefined || next.start >= span.end) return false
    if (next.last - span.start < this.#maxMs) return true
    span.end = next.start
    return false
  }

  /** The span as far as the one that it absorbed. */
  join(span: Span, absorbed: Span): void {
    if (absorbed.last > span.last) span.last = absorbed.last
    span.end = this.#endOf(span.start, span.last)
  }

  #endOf(start: EventTimeMs, last: EventTimeMs): EventTimeMs {
    return Math.min(last + this.gapMs, start + this.#maxMs)
  }
}
