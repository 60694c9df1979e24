// How the planner says what is wrong: a fault is thrown where it is seen, and caught where binding can go on with the
// next item, so that one statement shows all of its errors. Faults never leave the plan layer.

import { type Diagnostic, type DiagnosticExtra, errorAt, warningAt } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/span.ts'

/** The codes of the plan layer. Clients branch on them: none is ever renamed. */
export type PlanCode =
  | 'UNKNOWN_RELATION'
  | 'UNKNOWN_COLUMN'
  | 'UNKNOWN_FUNCTION'
  | 'UNKNOWN_OPTION'
  | 'UNKNOWN_PARAMETER'
  | 'AMBIGUOUS_COLUMN'
  | 'DUPLICATE_NAME'
  | 'TYPE_MISMATCH'
  | 'INVALID_LITERAL'
  | 'INVALID_OPTION'
  | 'INVALID_WINDOW'
  | 'INVALID_TIME_COLUMN'
  | 'INVALID_EMIT'
  | 'INVALID_LATENESS'
  | 'INVALID_AGGREGATE'
  | 'NOT_GROUPED'
  | 'INVALID_KEY'
  | 'INVALID_QUERY'
  | 'INVALID_WATERMARK'
  | 'REVISING_QUERY'
  | 'MISSING_OPTION'
  | 'NOT_SUPPORTED'
  | 'PLAN_TOO_LARGE'

class Fault extends Error {
  override readonly name = 'Fault'
  readonly diagnostic: Diagnostic

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message)
    this.diagnostic = diagnostic
  }
}

/** Stops binding of the item at hand. */
export function fail(span: Span, code: PlanCode, message: string, extra: DiagnosticExtra = {}): never {
  throw new Fault(errorAt(span, code, message, extra))
}

export function notSupported(span: Span, what: string, hint?: string): never {
  fail(span, 'NOT_SUPPORTED', `${what} is not supported yet`, { hint })
}

/** Collects what is wrong with one statement. */
export class Diagnostics {
  readonly #all: Diagnostic[] = []

  get all(): readonly Diagnostic[] {
    return this.#all
  }

  get failed(): boolean {
    return this.#all.some((diagnostic) => diagnostic.severity === 'error')
  }

  error(span: Span, code: PlanCode, message: string, extra: DiagnosticExtra = {}): void {
    this.#all.push(errorAt(span, code, message, extra))
  }

  warn(span: Span, code: PlanCode, message: string, extra: DiagnosticExtra = {}): void {
    this.#all.push(warningAt(span, code, message, extra))
  }

  /** Runs one item; its fault is kept, and undefined says that there was one. */
  attempt<T>(bind: () => T): T | undefined {
    try {
      return bind()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.#all.push(error.diagnostic)
      return undefined
    }
  }

  /** Faults of another text, such as a view's, all said at the one place in this text that leads to it. */
  within<T>(span: Span, where: string, bind: () => T): T {
    const before = this.#all.length
    try {
      return bind()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      return fail(span, error.diagnostic.code as PlanCode, `${error.diagnostic.message}, ${where}`, error.diagnostic)
    } finally {
      for (let i = before; i < this.#all.length; i++) {
        const inner = this.#all[i] as Diagnostic
        this.#all[i] = { ...inner, message: `${inner.message}, ${where}`, span }
      }
    }
  }
}
