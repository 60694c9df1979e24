import { AppError } from '../../core/errors.ts'

/** A text that is no schema, or one beyond the limits. */
export class InvalidSchema extends Error {
  override readonly name = 'InvalidSchema'
}

/** A schema that does not go together with what is wanted of it: a column, or another schema. */
export class Incompatible extends Error {
  override readonly name = 'Incompatible'
}

/** Runs what works with a schema of somebody else's; what is wrong with it is an AppError that names it. */
export function schemaFault<T>(what: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (error instanceof InvalidSchema) throw new AppError('INVALID_ARGUMENT', `${what} is not valid: ${error.message}`)
    if (error instanceof Incompatible) throw new AppError('FAILED_PRECONDITION', `${what}: ${error.message}`)
    throw error
  }
}

/** Says which field it is that does not fit. */
export function inField<T>(name: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof Incompatible) throw new Incompatible(`field "${name}": ${error.message}`)
    throw error
  }
}

/** Text of a schema in a message: short, and without control characters. */
export function shownName(text: string): string {
  const clean = text.toWellFormed().replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
  return clean.length > 60 ? `${clean.slice(0, 60)}…` : clean
}
