// Tables that are somewhere else, and of which a stream asks for one row after the other.

import type { CreateStream, CreateTable } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/span.ts'
import type { ColumnDefinition, SourceRelation } from './catalog.ts'
import { fail } from './diagnostics.ts'
import { isExternalStore } from './external-stores.ts'
import type { JoinNode } from './logical/join.ts'
import type { LogicalPlan, ScanNode } from './logical/nodes.ts'
import { inputsOf } from './logical/visit.ts'
import type { ConnectorSpec, FormatSpec } from './physical/nodes.ts'

/** What is found in a store comes as an object of its columns. */
export const LOOKUP_FORMAT: FormatSpec = { envelope: 'plain', encoding: 'json', options: {} }

/** The definition of a relation whose connector is a store outside. */
export function checkLookupTable(
  statement: CreateStream | CreateTable,
  { kind, options }: ConnectorSpec,
  columns: readonly ColumnDefinition[],
): void {
  if (!isExternalStore(kind)) return
  const { name, connector } = statement
  if (statement.kind === 'create-stream') {
    fail(connector.span, 'INVALID_OPTION', `connector "${kind}" makes no streams: a row of it is only looked up`, {
      hint: `CREATE TABLE ${name.name} (… PRIMARY KEY …) WITH (connector = '${kind}', kind = 'lookup', …).`,
    })
  }
  if (options['kind'] === undefined) {
    fail(connector.span, 'MISSING_OPTION', `a table on connector "${kind}" needs kind = 'lookup'`, {
      hint: 'Its rows are looked up one by one. To read all of them, as they change, take Debezium and Kafka.',
    })
  }
  for (const element of statement.elements) {
    if (element.kind === 'watermark') {
      fail(element.span, 'INVALID_WATERMARK', 'a table that is looked up has no event time: it is as it is now')
    }
  }
  const other = columns.find((one) => one.from !== 'value')
  if (other === undefined) return
  fail(name.span, 'INVALID_OPTION', `column "${other.name}" of a table that is looked up can only be one of the store`)
}

export function isLookup(plan: LogicalPlan): plan is ScanNode & { readonly relation: SourceRelation } {
  return plan.kind === 'scan' && 'connector' in plan.relation && isExternalStore(plan.relation.connector.kind)
}

/** A stream that asks a store, row by row. */
export function isLookupJoin({ match, type, right }: JoinNode): boolean {
  return match.kind === 'latest' && (type === 'inner' || type === 'left') && isLookup(right)
}

/** Only as the right side of a join is a row asked for by its key. */
export function checkLookups(plan: LogicalPlan, span: Span): void {
  if (isLookup(plan)) {
    const { name, connector, schema } = plan.relation
    const key = schema.key.map((index) => schema.fields[index]?.name).join(', ')
    fail(
      span,
      'INVALID_QUERY',
      `table "${name}" is looked up in ${connector.kind} by ${key}, and can't be read as a whole`,
      {
        hint: `Join a stream with the table itself, INNER or LEFT: FROM s LEFT JOIN ${name} ON s.${key} = ${name}.${key}.`,
      },
    )
  }
  const inputs = plan.kind === 'join' && isLookupJoin(plan) ? [plan.left] : inputsOf(plan)
  for (const input of inputs) checkLookups(input, span)
}
