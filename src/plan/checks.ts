// What is asked of a bound query as a whole.

import type { Query, Relation } from '../../grammar/ast.ts'
import { parse } from '../../grammar/index.ts'
import type { Span } from '../../grammar/span.ts'
import type { Schema } from '../core/schema.ts'
import { VIEW_NESTING_MAX } from './bind/bind-relation.ts'
import type { Catalog, ViewRelation } from './catalog.ts'
import { type Diagnostics, notSupported } from './diagnostics.ts'
import type { LogicalPlan } from './logical/nodes.ts'
import { inputsOf } from './logical/visit.ts'

/**
 * A query without EMIT over views and tables alone, or without FROM, is answered once, from what is there now. A
 * stream has no "now": a query over one runs on.
 */
export function isPull(query: Query, catalog: Catalog, depth = 0): boolean {
  if (query.emit !== undefined) return false
  const names = new Set(query.ctes.map((one) => one.name.name))
  const ofRelation = (node: Relation | undefined): boolean => {
    switch (node?.kind) {
      case undefined:
      // The elements of a row are there when the row is.
      case 'unnest-relation':
        return true
      case 'named-relation': {
        if (names.has(node.name.name)) return true
        const relation = catalog.relation(node.name.name)
        if (relation?.kind === 'view') return isPullView(relation, catalog, depth)
        return relation?.kind === 'materialized-view' || relation?.kind === 'table'
      }
      case 'derived-relation':
        return ofQuery(node.query)
      case 'window-relation':
      case 'deduplicate-relation':
      case 'match-recognize':
        return ofRelation(node.input)
      default:
        return false
    }
  }
  const ofQuery = (one: Query): boolean =>
    one.emit === undefined &&
    one.ctes.every((common) => ofQuery(common.query)) &&
    one.selects.every((select) => ofRelation(select.from) && select.joins.every((join) => ofRelation(join.relation)))
  return ofQuery(query)
}

function isPullView(view: ViewRelation, catalog: Catalog, depth: number): boolean {
  const statement = parse(view.sql).statements[0]
  return statement?.kind === 'create-view' && depth < VIEW_NESTING_MAX && isPull(statement.query, catalog, depth + 1)
}

/** A relation has each column name once; only the columns of a reader's query may share one. */
export function checkNames(schema: Schema, query: Query, diagnostics: Diagnostics): void {
  const seen = new Set<string>()
  const items = query.selects[0]?.items ?? []
  for (const [i, field] of schema.fields.entries()) {
    if (seen.has(field.name)) {
      const span = items.length === schema.fields.length ? items[i]?.span : undefined
      diagnostics.error(span ?? query.span, 'DUPLICATE_NAME', `the query has two columns "${field.name}"`, {
        hint: 'Give one of them another name with AS.',
      })
    }
    seen.add(field.name)
  }
}

/** What could be bound and can't be run. */
export function checkPlan(plan: LogicalPlan, span: Span): void {
  if (plan.kind === 'window-assign' && plan.spec.kind === 'session') {
    notSupported(span, 'SESSION without GROUP BY window_start, window_end')
  }
  for (const input of inputsOf(plan)) checkPlan(input, span)
}
