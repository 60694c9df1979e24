import { keyCodec, keyPrefixEnd } from '../core/key-codec.ts'
import { literalToValue } from '../core/literal.ts'
import type { Schema } from '../core/schema.ts'
import { sameType } from '../core/type.ts'
import type { Value } from '../core/value.ts'
import type { Expression } from '../plan/physical/expression.ts'
import type { PhysicalPlan, ScanStep } from '../plan/physical/nodes.ts'

/**
 * The part of a table that a pull query can touch: `WHERE k1 = … AND k2 = …` on the first key columns is one range of
 * the ordered table. The filter itself stays in the plan, so a range that is too wide costs time and never rows.
 */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

export function keyRange(plan: PhysicalPlan, scan: ScanStep, table: Schema): KeyRange {
  const everything: KeyRange = { from: new Uint8Array(0), to: undefined }
  const filter = plan.steps.find((step) => step.kind === 'filter' && step.inputs[0] === scan.id)
  if (filter?.kind !== 'filter') return everything
  const constants = equalities(filter.predicate)
  const values: Value[] = []
  for (const column of table.key) {
    const field = table.fields[column]
    const position = scan.fields.findIndex(({ name }) => name === field?.name)
    const literal = constants.get(position)
    if (field === undefined || literal === undefined || !sameType(literal.type, field.type)) break
    values.push(literal.value)
  }
  if (values.length === 0) return everything
  const types = table.key
    .slice(0, values.length)
    .map((column) => (table.fields[column] as Schema['fields'][number]).type)
  const from = keyCodec(types).encode(values)
  return { from, to: keyPrefixEnd(from) }
}

/** Columns that every row of the result has equal to a literal. */
function equalities(predicate: Expression): Map<number, { value: Value; type: Expression['type'] }> {
  const found = new Map<number, { value: Value; type: Expression['type'] }>()
  const terms = predicate.kind === 'and' ? predicate.operands : [predicate]
  for (const term of terms) {
    if (term.kind !== 'call' || term.function !== 'equal') continue
    const [a, b] = term.arguments
    const [column, literal] = a?.kind === 'column' ? [a, b] : [b, a]
    if (column?.kind !== 'column' || literal?.kind !== 'literal') continue
    found.set(column.index, { value: literalToValue(literal.value, literal.type), type: literal.type })
  }
  return found
}
