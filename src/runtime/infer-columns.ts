import type { CreateStream, CreateTable, Statement } from '../../grammar/index.ts'
import { type Diagnostic, errorAt } from '../../grammar/index.ts'
import { AppError } from '../core/errors.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import { inferableFormat, withColumns } from '../plan/infer-columns.ts'

/** A stream or table without columns gets those of its format's schema; any other stays as it is. */
export async function inferColumns<T extends CreateStream | CreateTable>(
  statement: T,
  formats: FormatRegistry,
): Promise<T> {
  const format = inferableFormat(statement)
  if (format === undefined) return statement
  const { columns, options } = await formats.inferColumns(format)
  return withColumns(statement, columns, options)
}

/** The same for a script that is only checked: what the registry says against it is a diagnostic. */
export async function inferScript(
  statements: readonly Statement[],
  formats: FormatRegistry,
): Promise<{ readonly statements: readonly Statement[]; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = []
  const inferred: Statement[] = []
  for (const statement of statements) {
    if (statement.kind !== 'create-stream' && statement.kind !== 'create-table') {
      inferred.push(statement)
      continue
    }
    try {
      inferred.push(await inferColumns(statement, formats))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { message, hint } = error
      diagnostics.push(errorAt(statement.connector.span, 'INVALID_OPTION', message, hint === undefined ? {} : { hint }))
    }
  }
  return { statements: inferred, diagnostics }
}
