import { compileFunction } from 'node:vm'
import { assert } from '../../core/assert.ts'
import { checkSource } from './check-source.ts'
import { Code } from './code.ts'

/**
 * The one place where text becomes code. `vm.compileFunction` and not `new Function`: as fast, and it goes on working
 * where the process forbids code from strings to everyone else.
 */

/** Longer functions are interpreted: V8 would be slow to compile them and would not optimise them. */
export const SOURCE_LENGTH_MAX = 256 * 1024

/** Parameters that a generated function may have; the token check knows the same names. */
export type ParameterName = 'c' | 'o' | 's' | 'e' | 'x' | 'k' | 'f' | 'r' | 'i' | 'a' | 'b' | 't'

/** A function whose body is `source`. The type is the caller's claim, as for any foreign code. */
export function compileSource<F>(source: Code, parameters: readonly ParameterName[]): F {
  assert(Code.is(source), 'only Code is compiled')
  const text = source.toString()
  assert(text.length <= SOURCE_LENGTH_MAX, 'generated code is within its limit')
  checkSource(text)
  return compileFunction(text, [...parameters]) as F
}
