import type { CatalogChange, CatalogStore } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import type { Catalog, QueryEntry, Relation } from '../plan/catalog.ts'
import { decodePlan, encodePlan } from '../plan/physical/codec.ts'

/**
 * The catalog of this process: the planner's view of it in memory, and each change durable before it is seen. Entries
 * are JSON under `relation/NAME` and `query/NAME`; a query's plan is stored with it, so that a restart runs the same
 * one.
 */
export class StoredCatalog implements Catalog {
  readonly #store: CatalogStore
  readonly #relations = new Map<string, Relation>()
  readonly #queries = new Map<string, QueryEntry>()

  constructor(store: CatalogStore) {
    this.#store = store
    for (const [key, text] of store.list(RELATION)) this.#relations.set(key.slice(RELATION.length), parse(key, text))
    for (const [key, text] of store.list(QUERY)) {
      const name = key.slice(QUERY.length)
      const { plan, ...entry } = parse<Omit<QueryEntry, 'plan'> & { readonly plan: string }>(key, text)
      this.#queries.set(name, { ...entry, plan: decodePlan(plan) })
    }
  }

  relation(name: string): Relation | undefined {
    return this.#relations.get(name)
  }

  relations(): readonly Relation[] {
    return [...this.#relations.values()].sort(byName)
  }

  query(name: string): QueryEntry | undefined {
    return this.#queries.get(name)
  }

  queries(): readonly QueryEntry[] {
    return [...this.#queries.values()].sort(byName)
  }

  /** All of it or nothing: a view and its query are never there one without the other. */
  async write(change: CatalogUpdate): Promise<void> {
    const changes: CatalogChange[] = []
    for (const relation of change.relations ?? []) {
      changes.push({ key: RELATION + relation.name, text: JSON.stringify(relation) })
    }
    for (const query of change.queries ?? []) {
      changes.push({ key: QUERY + query.name, text: JSON.stringify({ ...query, plan: encodePlan(query.plan) }) })
    }
    for (const name of change.dropRelations ?? []) changes.push({ key: RELATION + name, text: undefined })
    for (const name of change.dropQueries ?? []) changes.push({ key: QUERY + name, text: undefined })
    await this.#store.write(changes)
    for (const relation of change.relations ?? []) this.#relations.set(relation.name, relation)
    for (const query of change.queries ?? []) this.#queries.set(query.name, query)
    for (const name of change.dropRelations ?? []) this.#relations.delete(name)
    for (const name of change.dropQueries ?? []) this.#queries.delete(name)
  }

  /** Names of the queries that read a relation: it can't be dropped before them. */
  readersOf(relation: string): readonly string[] {
    return this.queries()
      .filter((query) => query.plan.steps.some((step) => step.kind === 'scan' && step.relation === relation))
      .map((query) => query.name)
  }
}

export interface CatalogUpdate {
  readonly relations?: readonly Relation[]
  readonly queries?: readonly QueryEntry[]
  readonly dropRelations?: readonly string[]
  readonly dropQueries?: readonly string[]
}

const RELATION = 'relation/'
const QUERY = 'query/'

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function parse<T>(key: string, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new AppError('DATA_DIRECTORY_CORRUPT', `the catalog entry "${key}" is not readable`, {
      domain: 'external',
      hint: 'Restore the data directory from a backup.',
      cause,
    })
  }
}
