// Values of $1, $2, … in a statement.

import type { Value } from './value.ts'

/**
 * A value with the type that it was given with, where its form alone does not tell: the engine has a TIMESTAMP and an
 * integral DOUBLE as numbers. The value of a DECIMAL is its text, of which the digits make precision and scale.
 */
export class TypedParameter {
  readonly kind: 'decimal' | 'double' | 'timestamp' | 'date' | 'time' | 'interval'
  readonly value: Value

  constructor(kind: TypedParameter['kind'], value: Value) {
    this.kind = kind
    this.value = value
  }
}

export type ParameterValue = Value | TypedParameter
