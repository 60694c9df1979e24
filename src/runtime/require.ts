import { AppError } from '../core/errors.ts'
import { didYouMean } from '../plan/bind/did-you-mean.ts'
import type { Catalog, MaterializedRelation, Relation, SourceRelation } from '../plan/catalog.ts'

/** Look-ups that answer with one clear error. */
export function requireRelation(catalog: Catalog, name: string): Relation {
  const relation = catalog.relation(name)
  if (relation !== undefined) return relation
  const names = [...catalog.relations(), ...catalog.queries()].map((object) => object.name)
  throw new AppError('NOT_FOUND', `there is no stream, table, view or query "${name}"`, {
    hint: didYouMean(name, names) ?? 'SHOW STREAMS and SHOW QUERIES list what there is.',
  })
}

export function requireStream(catalog: Catalog, name: string): SourceRelation {
  const relation = requireRelation(catalog, name)
  if (relation.kind === 'stream' || relation.kind === 'table') return relation
  throw new AppError('FAILED_PRECONDITION', `"${name}" is a ${relation.kind.replaceAll('-', ' ')}`, {
    hint: 'Rows go into streams and tables.',
  })
}

export function requireMaterialized(catalog: Catalog, name: string): MaterializedRelation {
  const relation = requireRelation(catalog, name)
  if ('topic' in relation) return relation
  throw new AppError('FAILED_PRECONDITION', `"${name}" is a ${relation.kind}, which keeps no results`, {
    hint: `Subscribe to a materialized view, or query "${name}" with EMIT CHANGES.`,
  })
}
