/** Processing time. Operators never see it but as an argument; only the runner and the sources ask. */
export interface Clock {
  nowMs(): number
  /** Resolves at the given time, or as soon as the signal aborts. */
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void>
}
