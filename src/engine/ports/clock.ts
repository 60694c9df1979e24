/** Processing time. Operators never see it but as an argument; only the runner asks. */
export interface Clock {
  nowMs(): number
  /** Resolves at the given time, or as soon as the signal aborts. */
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void>
  /** Lets everything else that waits in this thread run before it resolves. */
  yieldNow(): Promise<void>
}
