import { AppError } from '../../core/errors.ts'
import type { InferredColumns } from '../../engine/ports/format.ts'
import type { FormatSpec } from '../../plan/physical/nodes.ts'
import type { RegisteredSchema, SchemaRegistry } from '../schema-registry/schema-registry.ts'
import type { SchemaSource } from './schema-decoder.ts'
import { schemaFault } from './schema-faults.ts'
import type { WritableLanguage } from './schema-language.ts'

/** The columns of the schema that a statement names, or of the latest of its subject, which is named from then on. */
export async function inferColumns(
  language: WritableLanguage,
  { registry, text, schemaId, subject, message }: SchemaSource,
  envelope: FormatSpec['envelope'],
): Promise<InferredColumns> {
  const place = { path: envelope === 'debezium' ? ['after'] : [], message }
  if (text !== undefined)
    return { columns: schemaFault('the schema', () => language.columns(text, place)), options: {} }
  if (registry === undefined)
    throw new AppError('INVALID_ARGUMENT', 'the format has no schema that could say the columns')
  const found = await schemaOf(registry, schemaId, subject)
  if (found.type !== language.type) {
    throw new AppError(
      'FAILED_PRECONDITION',
      `schema ${found.id} of the registry is ${found.type}, not ${language.type}`,
    )
  }
  const columns = schemaFault(`schema ${found.id}`, () => language.columns(found, place))
  return { columns, options: { 'schema.id': String(found.id) } }
}

function schemaOf(
  registry: SchemaRegistry,
  schemaId: number | undefined,
  subject: string | undefined,
): Promise<RegisteredSchema> {
  if (schemaId !== undefined) return registry.required(schemaId)
  if (subject !== undefined) return registry.latest(subject)
  throw new AppError('INVALID_ARGUMENT', 'the format needs the option "subject" or "schema.id" to know the columns')
}
