import type { Column } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row, Value } from '../../core/value.ts'
import type { JoinStep } from '../../plan/physical/join-steps.ts'
import { compileScalar, type EvalContext, type ScalarEvaluator } from '../expression/compile.ts'
import type { OperatorContext } from '../operator.ts'

/** Joined rows, and whether two rows whose keys are equal match. */
export class JoinRows {
  readonly #condition: ScalarEvaluator | undefined
  readonly #clock: EvalContext
  readonly #noLeft: Row
  readonly #noRight: Row
  #context: OperatorContext | undefined

  constructor(step: JoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#condition = step.condition && compileScalar(step.condition)
    this.#clock = clock
    this.#noLeft = new Array<Value>(left.fields.length).fill(null)
    this.#noRight = new Array<Value>(right.fields.length).fill(null)
  }

  open(context: OperatorContext): void {
    this.#context = context
  }

  /** The joined row; undefined when the condition is not TRUE. One that can't be computed goes to the dead letter. */
  match(left: Row, right: Row): Row | undefined {
    const joined = left.concat(right)
    if (this.#condition === undefined) return joined
    try {
      return this.#condition(joined, this.#clock) === true ? joined : undefined
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, joined)
      return undefined
    }
  }

  leftAlone(left: Row): Row {
    return left.concat(this.#noRight)
  }

  rightAlone(right: Row): Row {
    return this.#noLeft.concat(right)
  }
}

/** A row with a NULL among its keys is equal to nothing. */
export function hasNullKey(keys: readonly number[], columns: readonly Column[], row: number): boolean {
  for (let i = 0; i < keys.length; i++) if ((columns[keys[i] as number] as Column)[row] === null) return true
  return false
}
