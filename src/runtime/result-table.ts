import { must } from '../core/assert.ts'
import { rowCodec } from '../core/row-codec.ts'
import type { Schema } from '../core/schema.ts'
import type { Row } from '../core/value.ts'
import type { PhysicalPlan, SourceField } from '../plan/physical/nodes.ts'

/** Rows of results, as the table and the log of a query store them. */
export function resultRowDecoder(schema: Schema): (value: Uint8Array) => { readonly row: Row; readonly time: number } {
  const codec = rowCodec(schema.fields.map(({ type }) => type))
  return (value) => {
    const { row, timeMs } = codec.decodeChange(value)
    return { row, time: timeMs }
  }
}

/** All columns of a schema, as a scan names them. */
export function sourceFields(schema: Schema): readonly SourceField[] {
  return schema.fields.map(({ name, type, nullable }) => ({ name, type, nullable, from: 'value', path: [name] }))
}

/** The step whose table holds a query's results. */
export function sinkStepId(plan: PhysicalPlan): string {
  return must(
    plan.steps.find((step) => step.kind === 'sink'),
    'a plan ends in a sink',
  ).id
}
