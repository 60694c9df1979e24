// A catalog and what statements have added to it that were checked but not run.

import type { Schema } from '../core/schema.ts'
import type { LateStream } from './bind/environment.ts'
import type { Catalog, QueryEntry, Relation } from './catalog.ts'

export class CatalogWith implements Catalog {
  readonly #base: Catalog
  readonly #added = new Map<string, Relation>()

  constructor(base: Catalog) {
    this.#base = base
  }

  add(relation: Relation): void {
    this.#added.set(relation.name, relation)
  }

  /** What a continuous query brings into the catalog. */
  addResults(query: string, schema: Schema, late: readonly LateStream[], view: boolean): void {
    const of = { sql: '', topic: '', query }
    if (view) this.add({ kind: 'materialized-view', name: query, schema, ...of })
    for (const one of late) this.add({ kind: 'late-stream', name: one.name, schema: one.schema, ...of })
  }

  relation(name: string): Relation | undefined {
    return this.#added.get(name) ?? this.#base.relation(name)
  }

  relations(): readonly Relation[] {
    return [...this.#base.relations().filter((one) => !this.#added.has(one.name)), ...this.#added.values()]
  }

  query(name: string): QueryEntry | undefined {
    return this.#base.query(name)
  }

  queries(): readonly QueryEntry[] {
    return this.#base.queries()
  }
}
