import type { FunctionTable, ScalarBody } from './function.ts'
import { ARITHMETIC_FUNCTIONS } from './functions/arithmetic.ts'
import { ARRAY_FUNCTIONS } from './functions/array.ts'
import { BYTES_FUNCTIONS } from './functions/bytes.ts'
import { COMPARISON_FUNCTIONS } from './functions/comparison.ts'
import { JSON_FUNCTIONS } from './functions/json.ts'
import { MATH_FUNCTIONS } from './functions/math.ts'
import { STRING_FUNCTIONS } from './functions/string.ts'
import { TIME_FUNCTIONS } from './functions/time.ts'

/**
 * Every scalar function's body by id. The signatures are in plan/bind/functions.ts; a test compares the two lists.
 * `coalesce` and `now` are in neither table: they are lazy or need the context, so the compiler knows them.
 */
const TABLES: readonly FunctionTable[] = [
  ARITHMETIC_FUNCTIONS,
  COMPARISON_FUNCTIONS,
  STRING_FUNCTIONS,
  BYTES_FUNCTIONS,
  MATH_FUNCTIONS,
  TIME_FUNCTIONS,
  JSON_FUNCTIONS,
  ARRAY_FUNCTIONS,
]

const BODIES: ReadonlyMap<string, ScalarBody> = new Map(TABLES.flatMap((table) => Object.entries(table)))

/** Calls that compile.ts and interpret.ts treat as forms of their own. */
export const SPECIAL_FORMS: ReadonlySet<string> = new Set(['coalesce', 'now'])

export function scalarBody(id: string): ScalarBody {
  const body = BODIES.get(id)
  // A plan of a newer release, or a damaged one: the binder of this release writes only ids that have a body.
  if (body === undefined) throw new Error(`function "${id}" has no body`)
  return body
}

export function scalarBodyIds(): readonly string[] {
  return [...BODIES.keys()]
}
