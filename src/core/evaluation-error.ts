/**
 * A value that cannot be computed from a row: overflow, division by zero, a text that is no number. It is a fault of
 * the data, not of the program: the operator sends the row to the dead letter with `reason` and keeps the others.
 *
 * The reason names types, never values: it is logged and counted, while the row itself goes to the dead letter.
 */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'

  get reason(): string {
    return this.message
  }
}
