/** What an expression may know besides its row. */
export interface EvalContext {
  /** Processing time, milliseconds since 1970: NOW() and PROCTIME(). */
  readonly nowMs: number
}
