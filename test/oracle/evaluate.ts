import type { StreamSpec, Window } from './workload.ts'

/**
 * The slow, obvious half of the oracle: which rows count in which windows. Written from the documentation and not from
 * the engine: one loop over the rows in the order in which they were taken, no incremental state but what the rules
 * name. The other half, the aggregates, is DuckDB's.
 *
 * Rules: the watermark before a row is what the rows before it implied. A row is late for a window when the watermark
 * is at or past the window's end plus the allowed lateness. A session is [first row, last row + gap); one that the
 * watermark has passed in that way is
 * closed: nothing joins it any more, and a row that only it could have taken begins a new one, or is late.
 */
export interface TimedRow {
  /** Position in the order in which rows were taken. */
  readonly seq: number
  readonly partition: number
  readonly ts: number
}

export interface KeyedRow extends TimedRow {
  /** The group, as text. */
  readonly key: string
}

/** One row in one window that was open for it. */
export interface Pair {
  readonly seq: number
  readonly start: number
  readonly end: number
}

export interface LatePair extends Pair {
  readonly watermark: number
}

export interface Classified {
  readonly onTime: readonly Pair[]
  readonly late: readonly LatePair[]
}

/** The watermark that holds when each row arrives. */
export function watermarksBefore(stream: StreamSpec, rows: readonly TimedRow[]): number[] {
  const intervalMs = stream.emit.kind === 'periodic' ? stream.emit.intervalMs : 0
  const emitted: number[] = new Array(stream.partitions).fill(Number.NEGATIVE_INFINITY)
  const highest: number[] = emitted.slice()
  let watermark = Number.NEGATIVE_INFINITY
  return rows.map(({ partition, ts }) => {
    const before = watermark
    const candidate = ts - stream.delayMs
    if (candidate > (highest[partition] as number)) {
      highest[partition] = candidate
      // The first candidate of a partition is given on at once; after that only rises by the interval are.
      const last = emitted[partition] as number
      if (last === Number.NEGATIVE_INFINITY || candidate >= last + intervalMs) emitted[partition] = candidate
    }
    watermark = Math.max(watermark, Math.min(...emitted))
    return before
  })
}

/**
 * `rows` are those that passed the WHERE clause; `watermarks` says for each sequence number what held before it.
 */
export function classify(
  window: Window,
  latenessMs: number,
  rows: readonly KeyedRow[],
  watermarks: readonly number[],
): Classified {
  if (window.kind === 'session') return classifySessions(window.gapMs, latenessMs, rows, watermarks)
  const onTime: Pair[] = []
  const late: LatePair[] = []
  for (const { seq, ts } of rows) {
    const watermark = watermarks[seq] as number
    for (const [start, end] of windowsOf(window, ts)) {
      if (end + latenessMs <= watermark) late.push({ seq, start, end, watermark })
      else onTime.push({ seq, start, end })
    }
  }
  return { onTime, late }
}

/** Every aligned window that holds the time, found by trying. */
export function windowsOf(window: Exclude<Window, { kind: 'session' }>, ts: number): [number, number][] {
  const found: [number, number][] = []
  const offsetMs = 'offsetMs' in window ? window.offsetMs : 0
  const everyMs = window.kind === 'hop' ? window.slideMs : window.sizeMs
  const first = Math.floor((ts - window.sizeMs - offsetMs) / everyMs) - 1
  const last = Math.ceil((ts - offsetMs) / everyMs) + 1
  for (let n = first; n <= last; n++) {
    const start = n * everyMs + offsetMs
    const stepMs = window.kind === 'cumulate' ? window.stepMs : window.sizeMs
    for (let end = start + stepMs; end <= start + window.sizeMs; end += stepMs) {
      if (start <= ts && ts < end) found.push([start, end])
    }
  }
  return found
}

interface OpenSession {
  start: number
  end: number
  rows: number[]
}

function classifySessions(
  gapMs: number,
  latenessMs: number,
  rows: readonly KeyedRow[],
  watermarks: readonly number[],
): Classified {
  const sessions = new Map<string, OpenSession[]>()
  const closed: OpenSession[] = []
  const late: LatePair[] = []
  for (const { seq, ts, key } of rows) {
    const watermark = watermarks[seq] as number
    const isClosed = (session: OpenSession): boolean => session.end + latenessMs <= watermark
    const known = sessions.get(key) ?? []
    closed.push(...known.filter(isClosed))
    const open = known.filter((session) => !isClosed(session))
    const merged: OpenSession = { start: ts, end: ts + gapMs, rows: [seq] }
    const apart: OpenSession[] = []
    for (const session of open) {
      if (session.start < ts + gapMs && ts < session.end) {
        merged.start = Math.min(merged.start, session.start)
        merged.end = Math.max(merged.end, session.end)
        merged.rows.push(...session.rows)
      } else apart.push(session)
    }
    if (isClosed(merged)) {
      late.push({ seq, start: merged.start, end: merged.end, watermark })
      sessions.set(key, open)
    } else sessions.set(key, [...apart, merged])
  }
  for (const open of sessions.values()) closed.push(...open)
  const onTime = closed.flatMap(({ start, end, rows: seqs }) => seqs.map((seq) => ({ seq, start, end })))
  return { onTime, late }
}
