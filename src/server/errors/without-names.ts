// Errors for callers who do not see everything: what was meant instead, and what else there is, are names of things
// that they may not know of.

import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { AppError } from '../../core/errors.ts'
import { CallError } from './call-error.ts'

/** Diagnostics whose hints come from the catalog. */
const NAMING = new Set(['UNKNOWN_RELATION', 'UNKNOWN_TOPIC'])

export function withoutNames(thrown: unknown): unknown {
  if (thrown instanceof CallError) return new CallError(withoutNames(thrown.error) as AppError, thrown.metadata)
  if (!(thrown instanceof AppError)) return thrown
  const { code, message, domain, retry, cause } = thrown
  const names = code === 'NOT_FOUND' || thrown.diagnostics.some((one) => NAMING.has(one.code))
  if (!names) return thrown
  return new AppError(code, message, { domain, retry, diagnostics: thrown.diagnostics.map(withoutHint), cause })
}

export function withoutHint(diagnostic: Diagnostic): Diagnostic {
  return NAMING.has(diagnostic.code) ? { ...diagnostic, hint: undefined } : diagnostic
}
