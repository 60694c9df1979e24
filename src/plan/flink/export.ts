// EXPLAIN FLINK: a query that stays, of the catalog or as written, as a script of Flink SQL.

import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { type Explain, errorAt, parse } from '../../../grammar/index.ts'
import { type StoredQuery, storedQuery } from '../alter.ts'
import type { Catalog, MaterializedRelation, QueryEntry } from '../catalog.ts'
import { Diagnostics } from '../diagnostics.ts'
import { type ContinuousPlan, type ContinuousStatement, planContinuous } from '../planner.ts'
import { flinkOptions } from './flink-options.ts'
import type { Place } from './gap.ts'
import { flinkScript, treeOf } from './script.ts'

export type Exported = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] }

/** `session`: that of who asks, for a statement that does not run yet. */
export function exportFlink(statement: Explain, catalog: Catalog, session: ReadonlyMap<string, string>): Exported {
  const { target } = statement
  switch (target.kind) {
    case 'identifier': {
      const entry = catalog.query(target.name)
      if (entry === undefined) {
        const hint = 'SHOW QUERIES lists those that run.'
        return {
          diagnostics: [errorAt(target.span, 'UNKNOWN_RELATION', `there is no query "${target.name}"`, { hint })],
        }
      }
      // The text is not in sight, so that what is wrong is said at the name.
      const place = { of: `query "${entry.name}"`, ...treeOf(entry.sql) }
      return exported(statement, entry.name, storedQuery(entry), catalog, place)
    }
    case 'create-materialized-view':
    case 'create-as':
    case 'create-sink':
    case 'insert': {
      const name = target.kind === 'insert' ? target.target.name : target.name.name
      const place = { of: undefined, sql: '', tree: target }
      return exported(statement, name, { statement: target, session }, catalog, place)
    }
    default:
      return {
        diagnostics: [
          errorAt(target.span, 'INVALID_QUERY', 'only a query that stays is a script of Flink', {
            hint: 'EXPLAIN FLINK takes QUERY name, CREATE MATERIALIZED VIEW, CREATE SINK and INSERT … SELECT.',
          }),
        ],
      }
  }
}

function exported(explain: Explain, name: string, query: StoredQuery, catalog: Catalog, place: Place): Exported {
  const diagnostics = new Diagnostics()
  const options = diagnostics.attempt(() => flinkOptions(explain.options, name))
  if (options === undefined) return { diagnostics: diagnostics.all }
  const { statement, session } = query
  const { plan: planned, diagnostics: found } = planContinuous(statement, catalog, session, { name, topic: name })
  if (planned === undefined) return { diagnostics: found.map((one) => inSight(one, place, explain)) }
  const planView = (relation: MaterializedRelation) => planOfView(relation, catalog)
  return flinkScript({ name, statement, planned, place, span: explain.target.span, catalog, planView, options })
}

/** What is wrong with a text that is not in sight is said where it is called for. */
function inSight(diagnostic: Diagnostic, { of }: Place, { target }: Explain): Diagnostic {
  if (of === undefined) return diagnostic
  return { ...diagnostic, message: `${diagnostic.message}, in the text of ${of}`, span: target.span }
}

function planOfView(relation: MaterializedRelation, catalog: Catalog): ContinuousPlan | undefined {
  const query = storedView(relation, catalog.query(relation.query))
  if (query === undefined) return undefined
  const target = { name: relation.name, topic: relation.topic }
  return planContinuous(query.statement, catalog, query.session, target).plan
}

function storedView(relation: MaterializedRelation, entry: QueryEntry | undefined): StoredQuery | undefined {
  if (entry !== undefined) return storedQuery(entry)
  const [statement] = parse(relation.sql).statements
  return statement !== undefined && isContinuous(statement) ? { statement, session: new Map() } : undefined
}

function isContinuous(statement: { readonly kind: string }): statement is ContinuousStatement {
  return statement.kind === 'create-materialized-view' || statement.kind === 'create-as'
}
