import type { Insert } from '../../grammar/index.ts'
import type { Storage } from '../adapters/storage.ts'
import { INSERT } from '../core/batch.ts'
import { AppError } from '../core/errors.ts'
import { EvaluationError } from '../core/evaluation-error.ts'
import { partitionOf } from '../core/murmur2.ts'
import type { ParameterValue } from '../core/parameter.ts'
import type { Value } from '../core/value.ts'
import { interpret } from '../engine/expression/interpret.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { OutputRecord } from '../engine/ports/log.ts'
import type { Catalog } from '../plan/catalog.ts'
import { planValues } from '../plan/insert-values.ts'
import { writableTopic } from './topics.ts'
import { invalidSql } from './weir-runtime.ts'

/** INSERT INTO … VALUES: rows encoded as the stream's FORMAT says, appended when the statement returns. */
export async function insertValues(
  statement: Insert,
  ports: {
    readonly catalog: Catalog
    readonly storage: Storage
    readonly formats: FormatRegistry
    readonly clock: Clock
  },
  parameters: readonly ParameterValue[] | undefined,
): Promise<string> {
  const { catalog, storage, formats, clock } = ports
  const { plan, diagnostics } = planValues(statement, catalog, parameters)
  if (plan === undefined) throw invalidSql(diagnostics)
  const { relation, schema } = plan
  const nowMs = clock.nowMs()
  const encoder = formats.encoder(relation.format, schema)
  await encoder.open?.()
  const topic = writableTopic(relation)
  const partitions = (await storage.log.topic(topic))?.partitions ?? 1
  const parts = new Map<number, OutputRecord[]>()
  for (const [i, expressions] of plan.rows.entries()) {
    const row = expressions.map((expression) => evaluate(() => interpret(expression)([], { nowMs }), i))
    const missing = schema.fields.findIndex((field, column) => !field.nullable && row[column] === null)
    if (missing >= 0) {
      throw new AppError(
        'INVALID_ARGUMENT',
        `row ${i + 1} of VALUES: column "${schema.fields[missing]?.name}" can't be NULL`,
      )
    }
    const record = encoder.encode(row, INSERT, nowMs)
    const partition = record.key === null ? i % partitions : partitionOf(record.key, partitions)
    const part = parts.get(partition)
    if (part === undefined) parts.set(partition, [record])
    else part.push(record)
  }
  await Promise.all([...parts].map(([partition, records]) => storage.log.append(topic, partition, records)))
  return `${plan.rows.length} ${plan.rows.length === 1 ? 'row' : 'rows'} inserted into "${relation.name}"`
}

function evaluate(compute: () => Value, row: number): Value {
  try {
    return compute()
  } catch (error) {
    if (error instanceof EvaluationError) {
      throw new AppError('INVALID_ARGUMENT', `row ${row + 1} of VALUES: ${error.reason}`)
    }
    throw error
  }
}
