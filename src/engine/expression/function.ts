import type { SqlType } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'

/**
 * How the body of a scalar function is written down. Bodies take values in the order of the arguments, give a value of
 * the call's type, never change an argument, and throw EvaluationError for what cannot be computed.
 */
export type Body = (...values: readonly Value[]) => Value

/** What is known of a call before the first row. */
export interface BoundCall {
  readonly types: readonly SqlType[]
  readonly type: SqlType
  /** Values of the arguments that are literals; undefined for the others. Patterns and units are prepared from it. */
  readonly constants: readonly (Value | undefined)[]
}

export interface ScalarBody {
  /** True: NULL for any NULL argument, and the body never sees one. */
  readonly strict: boolean
  readonly bind: (call: BoundCall) => Body
}

export type FunctionTable = Readonly<Record<string, ScalarBody>>

// Parameters of any type are assignable to `never`: the binder has checked that the values are of those types.
type TypedBody = (...values: never[]) => Value

export function strict(body: TypedBody): ScalarBody {
  return { strict: true, bind: () => body as Body }
}

export function strictBy(bind: (call: BoundCall) => TypedBody): ScalarBody {
  return { strict: true, bind: bind as (call: BoundCall) => Body }
}

/** A body that sees NULLs. */
export function lenient(body: TypedBody): ScalarBody {
  return { strict: false, bind: () => body as Body }
}

export function lenientBy(bind: (call: BoundCall) => TypedBody): ScalarBody {
  return { strict: false, bind: bind as (call: BoundCall) => Body }
}

/** Longest text or list that a function makes: one row must not take the memory of all. */
export const RESULT_LENGTH_MAX = 16 * 1024 * 1024
