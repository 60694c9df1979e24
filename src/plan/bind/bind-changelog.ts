// TO_CHANGELOG and FROM_CHANGELOG: a table as the stream of its changes, and a stream of changes as a table.

import type { ChangelogRelation, ColumnRef } from '../../../grammar/ast.ts'
import { typeName } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { fromChangelog, OP_TIME, toChangelog } from '../logical/changelog.ts'
import type { LogicalPlan } from '../logical/nodes.ts'
import { columnPosition, Scope } from './scope.ts'

interface Relation {
  readonly plan: LogicalPlan
  readonly scope: Scope
}

/** The column that says which change a row is, unless the query names another. */
const OP = 'op'

export function bindChangelog(node: ChangelogRelation, input: Relation): Relation {
  const plan = node.direction === 'to' ? bindTo(node, input) : bindFrom(node, input)
  const { columns, description } = input.scope
  return { plan, scope: Scope.of(plan.schema, node.alias?.name ?? columns[0]?.qualifier, description) }
}

function bindTo({ op, span }: ChangelogRelation, { plan, scope }: Relation): LogicalPlan {
  const name = op?.path.at(-1)?.name ?? OP
  const changelog = toChangelog(plan, name)
  const names = plan.schema.fields.map((field) => field.name)
  if (names.includes(name)) {
    fail(op?.span ?? span, 'DUPLICATE_NAME', `${scope.description} has a column "${name}" itself`, {
      hint: 'Name another: TO_CHANGELOG(TABLE t, OP => DESCRIPTOR(change)).',
    })
  }
  if (changelog.timed && names.includes(OP_TIME)) {
    fail(span, 'DUPLICATE_NAME', `${scope.description} has a column "${OP_TIME}" itself`, {
      hint: 'Give it another name in a query: TO_CHANGELOG(TABLE (SELECT …)).',
    })
  }
  return changelog
}

function bindFrom(node: ChangelogRelation, { plan, scope }: Relation): LogicalPlan {
  if (plan.schema.mode !== 'append') {
    fail(node.input.span, 'INVALID_QUERY', `FROM_CHANGELOG reads a stream, and ${scope.description} changes its rows`)
  }
  if (node.op === undefined && scope.find(OP).length === 0) {
    fail(node.span, 'UNKNOWN_COLUMN', `${scope.description} has no column "${OP}" that says what a row does`, {
      hint: 'Name it: OP => DESCRIPTOR(kind). Without one, ROW_NUMBER() gives the last row of each key.',
    })
  }
  const { span } = node
  const name: ColumnRef = node.op ?? { kind: 'column', path: [{ kind: 'identifier', name: OP, span }], span }
  const op = columnPosition(name, scope)
  const type = plan.schema.fields[op]?.type
  if (type !== undefined && type.kind !== 'string') {
    fail(name.span, 'TYPE_MISMATCH', `the column that says what a row does is a STRING, not ${typeName(type)}`, {
      hint: 'It is INSERT, UPDATE_BEFORE, UPDATE_AFTER or DELETE: make that of it with CASE in a query in FROM.',
    })
  }
  const partitionBy = node.partitionBy.map((one) => columnPosition(one, scope))
  if (partitionBy.includes(op)) fail(name.span, 'INVALID_KEY', 'what a row does is no part of its key')
  return fromChangelog(plan, op, partitionBy)
}
