import { must } from '../../core/assert.ts'
import type { Field } from '../../core/schema.ts'
import type { Expression } from '../physical/expression.ts'
import type { MatchRecognizeStep, MatchValue } from '../physical/match-steps.ts'
import type { LatePolicy } from '../physical/nodes.ts'
import type { LogicalPlan, NodeBase } from './nodes.ts'

/** Of each match of a pattern of rows one row: the columns of PARTITION BY, then the measures. */
export interface MatchRecognizeNode extends NodeBase, MatchParts {
  readonly kind: 'match-recognize'
  readonly input: LogicalPlan
  readonly partitionBy: readonly number[]
  readonly late: LatePolicy
}

type MatchParts = Pick<
  MatchRecognizeStep,
  'variables' | 'pattern' | 'withinMs' | 'afterMatch' | 'values' | 'conditions' | 'measures'
>

/** Over rows that are only ever added. `fields` gives names and NULL-ability of the measures. */
export function matchRecognize(
  input: LogicalPlan,
  of: MatchParts & Pick<MatchRecognizeNode, 'partitionBy' | 'late'>,
  fields: readonly { readonly name: string; readonly nullable: boolean }[],
): MatchRecognizeNode {
  const keyFields = of.partitionBy.map((index) => must(input.schema.fields[index], 'a column of PARTITION BY'))
  const measured = of.measures.map((one, i): Field => ({ name: '', nullable: true, ...fields[i], type: one.type }))
  const time = of.measures.findIndex((one) => isRowTime(one, of.values, input.schema.timeColumn))
  return {
    ...of,
    kind: 'match-recognize',
    input,
    schema: {
      fields: [...keyFields, ...measured],
      key: [],
      timeColumn: time === -1 ? undefined : keyFields.length + time,
      mode: 'append',
    },
    keys: [],
    window: undefined,
  }
}

/** The event time of the last row, which is that of the match. */
function isRowTime(measure: Expression, values: readonly MatchValue[], timeColumn: number | undefined): boolean {
  const value = measure.kind === 'column' ? values[measure.index] : undefined
  if (value?.kind !== 'row' || value.from !== 'last') return false
  return value.variable === undefined && value.offset === 0 && value.column === timeColumn
}

export function measureFields({ schema, partitionBy }: MatchRecognizeNode): readonly Field[] {
  return schema.fields.slice(partitionBy.length)
}
