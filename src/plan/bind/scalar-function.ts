// What a scalar function is to the planner, and how the tables of functions.ts and operators.ts are written.

import type { SqlType } from '../../core/type.ts'
import { parseSignatures, type Signature } from './signature.ts'

export type FunctionGroup =
  | 'operator'
  | 'string'
  | 'number'
  | 'conditional'
  | 'time'
  | 'json'
  | 'array'
  | 'map'
  | 'other'

export interface ScalarFunction {
  /** The id in plans; for all but operators also the SQL name. */
  readonly id: string
  readonly aliases: readonly string[]
  readonly group: FunctionGroup
  readonly signatures: readonly Signature[]
  readonly doc: string
  readonly example: string
  /** False for operators, which are written with a sign and have no name. */
  readonly callable: boolean
  /** True for now() and the like: another run gives another result. */
  readonly nondeterministic: boolean
  /** The result type where it follows from the argument types by a rule that signatures can't say. */
  readonly resultType: ((types: readonly SqlType[]) => SqlType | undefined) | undefined
}

interface Extra {
  readonly aliases?: readonly string[]
  readonly nondeterministic?: boolean
  readonly resultType?: (types: readonly SqlType[]) => SqlType | undefined
}

/** Adds the functions of a group to a list, in the order in which they are documented. */
export function inGroup(all: ScalarFunction[], group: FunctionGroup) {
  return (id: string, signatures: string, doc: string, example: string, extra: Extra = {}): void => {
    all.push({
      id,
      aliases: extra.aliases ?? [],
      group,
      signatures: parseSignatures(signatures),
      doc,
      example,
      callable: group !== 'operator',
      nondeterministic: extra.nondeterministic ?? false,
      resultType: extra.resultType,
    })
  }
}
