import type { Field } from '../../core/schema.ts'
import { BIGINT, type SqlType } from '../../core/type.ts'
import type { Expression } from '../physical/expression.ts'
import { type LogicalPlan, modeOf, type NodeBase } from './nodes.ts'

/** Each row once for each element of an array or entry of a map, with the element behind its columns. */
export interface UnnestNode extends NodeBase {
  readonly kind: 'unnest'
  readonly input: LogicalPlan
  /** Over the columns of the input; an array or a map. */
  readonly expression: Expression
  /** The place of the element, from 1, as the last column. */
  readonly ordinality: boolean
  /** A row without elements comes once, with NULLs. */
  readonly outer: boolean
}

/** Types of what an array or a map is taken apart into: one column, the fields of a struct, or key and value. */
export function elementTypes(type: SqlType): readonly { readonly name: string; readonly type: SqlType }[] | undefined {
  if (type.kind === 'map') {
    return [
      { name: 'key', type: type.key },
      { name: 'value', type: type.value },
    ]
  }
  if (type.kind !== 'array') return undefined
  return type.element.kind === 'struct' ? type.element.fields : [{ name: 'unnest', type: type.element }]
}

/** `names` of the columns that it adds, the ordinality last. */
export function unnest(
  input: LogicalPlan,
  { expression, ordinality, outer }: Pick<UnnestNode, 'expression' | 'ordinality' | 'outer'>,
  names: readonly string[],
): UnnestNode {
  const types = [...(elementTypes(expression.type) ?? []).map(({ type }) => type), ...(ordinality ? [BIGINT] : [])]
  const added = types.map((type, i): Field => {
    const isOrdinality = ordinality && i === types.length - 1
    return { name: names[i] ?? '', type, nullable: outer || !isOrdinality }
  })
  const fields = [...input.schema.fields, ...added]
  const keys = ordinality ? input.keys.map((key) => [...key, fields.length - 1]) : []
  const mode = input.schema.mode === 'append' ? 'append' : modeOf(keys)
  return {
    kind: 'unnest',
    input,
    expression,
    ordinality,
    outer,
    schema: { fields, key: keys[0] ?? [], timeColumn: input.schema.timeColumn, mode },
    keys,
    window: input.window,
  }
}

export function unnestNames({ input, schema }: UnnestNode): readonly string[] {
  return schema.fields.slice(input.schema.fields.length).map(({ name }) => name)
}
