// UNNEST: the elements of an array or a map of each row of what stands before it in FROM, as rows.

import type { Join, UnnestRelation } from '../../../grammar/ast.ts'
import { typeName } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { elementTypes, unnest } from '../logical/unnest.ts'
import { bindExpression, plainContext } from './bind-expression.ts'
import type { BoundRelation } from './bind-relation.ts'
import type { Environment } from './environment.ts'
import { Scope } from './scope.ts'

/** `join` is undefined where nothing stands before it. */
export function bindUnnest(
  left: BoundRelation,
  node: UnnestRelation,
  join: Join | undefined,
  environment: Environment,
): BoundRelation {
  const outer = isOuter(join)
  const expression = bindExpression(node.expression, plainContext(environment, left.scope, 'UNNEST'))
  const elements = elementTypes(expression.type)
  if (elements === undefined) {
    fail(node.expression.span, 'TYPE_MISMATCH', `UNNEST takes an array or a map, not ${typeName(expression.type)}`)
  }
  const names = namesOf(
    node,
    elements.map(({ name }) => name),
  )
  const plan = unnest(left.plan, { expression, ordinality: node.ordinality, outer }, names)
  const added = plan.schema.fields.slice(left.plan.schema.fields.length)
  const columns = [...left.scope.columns, ...added.map((field) => ({ qualifier: node.alias?.name, ...field }))]
  return { plan, scope: new Scope(columns, left.scope.timeColumn, left.scope.description) }
}

/** A row has its own elements and no others, so there is nothing to say about which ones meet. */
function isOuter(join: Join | undefined): boolean {
  if (join === undefined || join.type === 'cross') return false
  const { condition } = join
  const isTrue = condition?.kind === 'join-on' && condition.expression.kind === 'boolean' && condition.expression.value
  if (!isTrue) {
    fail(condition?.span ?? join.span, 'INVALID_QUERY', 'UNNEST is joined ON TRUE: each row has its own elements', {
      hint: 'Put a condition on the elements into WHERE.',
    })
  }
  if (join.type === 'inner' || join.type === 'left') return join.type === 'left'
  return fail(join.span, 'INVALID_QUERY', `a ${join.type.toUpperCase()} JOIN of UNNEST has no meaning`, {
    hint: 'LEFT JOIN keeps the rows that have no elements.',
  })
}

function namesOf({ alias, columns, ordinality, span }: UnnestRelation, own: readonly string[]): readonly string[] {
  // One column without a name takes that of its relation, as in PostgreSQL.
  const single = own.length === 1 && own[0] === 'unnest' && alias !== undefined ? [alias.name] : own
  const defaults = [...single, ...(ordinality ? ['ordinality'] : [])]
  const given = columns.map(({ name }) => name)
  if (given.length <= defaults.length) return defaults.map((name, i) => given[i] ?? name)
  const count = defaults.length === 1 ? 'one column' : `${defaults.length} columns`
  return fail(columns[defaults.length]?.span ?? span, 'INVALID_QUERY', `UNNEST gives ${count} here`)
}
