import type { CatalogChange, CatalogStore } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import { Listeners } from '../core/listeners.ts'
import { newerFormat } from '../core/newer-format.ts'
import type { Catalog, QueryEntry, Relation } from '../plan/catalog.ts'
import { decodePlan, encodePlan } from '../plan/physical/codec.ts'
import type { PhysicalPlan } from '../plan/physical/nodes.ts'

/**
 * The planner's view of the catalog in memory: what was written, by this replica or another, and nothing before it is
 * durable. Entries are JSON under `relation/NAME` and `query/NAME`, with their version; a query's plan is stored with it,
 * so that a restart runs the same one.
 */
export class StoredCatalog implements Catalog {
  readonly #store: CatalogStore
  readonly #relations = new Map<string, Relation>()
  readonly #queries = new Map<string, QueryEntry>()
  /** Query → its plan as it is stored: one that has not changed stays the same object, and what runs it goes on. */
  readonly #plans = new Map<string, StoredPlan>()
  readonly #listeners = new Listeners<void>()
  /** What is in the store and left out here, by key: nobody may write over it. */
  readonly #unreadable = new Map<string, unknown>()

  /**
   * `onUnreadable` hears of entries that another replica has written and this version can't read: they are left out.
   * What can't be read at the start is an error: DATA_DIRECTORY_NEWER for what a later release has written.
   */
  constructor(store: CatalogStore, onUnreadable: (key: string, error: unknown) => void = () => {}) {
    this.#store = store
    for (const [key, text] of store.list('')) this.#apply({ key, text })
    store.onChange((changes) => {
      for (const change of changes) {
        this.#unreadable.delete(change.key)
        try {
          this.#apply(change)
        } catch (error) {
          this.#apply({ key: change.key, text: undefined })
          this.#unreadable.set(change.key, error)
          onUnreadable(change.key, error)
        }
      }
      this.#listeners.call()
    })
  }

  /** Calls back when it has changed, by whomever; returns how to stop that. */
  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** See `CatalogStore`: what decides on a change, and makes it, runs in here. */
  exclusively<T>(run: () => Promise<T>): Promise<T> {
    return this.#store.exclusively(run)
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

  /**
   * All of it or nothing: a view and its query are never there one without the other. Fails where an entry of the name
   * is there that this version can't read.
   */
  async write(change: CatalogUpdate): Promise<void> {
    const changes: CatalogChange[] = []
    for (const relation of change.relations ?? []) {
      changes.push({ key: RELATION + relation.name, text: entryText(relation) })
    }
    for (const query of change.queries ?? []) {
      const plan = { text: encodePlan(query.plan), plan: query.plan }
      this.#plans.set(query.name, plan)
      changes.push({ key: QUERY + query.name, text: entryText({ ...query, plan: plan.text }) })
    }
    for (const name of change.dropRelations ?? []) changes.push({ key: RELATION + name, text: undefined })
    for (const name of change.dropQueries ?? []) changes.push({ key: QUERY + name, text: undefined })
    for (const { key } of changes) if (this.#unreadable.has(key)) throw this.#unreadable.get(key)
    await this.#store.write(changes)
  }

  #apply({ key, text }: CatalogChange): void {
    if (key.startsWith(RELATION)) {
      const name = key.slice(RELATION.length)
      if (text === undefined) this.#relations.delete(name)
      else this.#relations.set(name, parse(key, text))
    } else if (key.startsWith(QUERY)) {
      const name = key.slice(QUERY.length)
      if (text === undefined) {
        this.#queries.delete(name)
        this.#plans.delete(name)
      } else this.#queries.set(name, this.#query(name, parse(key, text)))
    }
  }

  #query(name: string, { plan: text, ...entry }: StoredQuery): QueryEntry {
    const known = this.#plans.get(name)
    const plan = known?.text === text ? known.plan : decodePlan(text)
    this.#plans.set(name, { text, plan })
    return { ...entry, plan }
  }

  /** Names of the queries that read a relation: it can't be dropped before them. */
  readersOf(relation: string): readonly string[] {
    return this.queries()
      .filter((query) => query.plan.steps.some((step) => 'relation' in step && step.relation === relation))
      .map((query) => query.name)
  }
}

export interface CatalogUpdate {
  readonly relations?: readonly Relation[]
  readonly queries?: readonly QueryEntry[]
  readonly dropRelations?: readonly string[]
  readonly dropQueries?: readonly string[]
}

type StoredQuery = Omit<QueryEntry, 'plan'> & { readonly plan: string }

interface StoredPlan {
  readonly text: string
  readonly plan: PhysicalPlan
}

/** Entries of the first may lack it. */
const ENTRY_VERSION = 1
const RELATION = 'relation/'
const QUERY = 'query/'

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function entryText(entry: object): string {
  return JSON.stringify({ version: ENTRY_VERSION, ...entry })
}

function parse<T>(key: string, text: string): T {
  const { version = ENTRY_VERSION, ...entry } = parseJson(key, text)
  if (version > ENTRY_VERSION) throw newerFormat(`the catalog entry "${key}"`, version, ENTRY_VERSION)
  return entry as T
}

function parseJson(key: string, text: string): { readonly version?: number } {
  try {
    return JSON.parse(text) as { readonly version?: number }
  } catch (cause) {
    throw new AppError('DATA_DIRECTORY_CORRUPT', `the catalog entry "${key}" is not readable`, {
      domain: 'external',
      hint: 'Restore the data directory from a backup.',
      cause,
    })
  }
}
