// Tab: what may stand at the cursor, from the grammar, with the names of the catalog where a name may stand.

import type { Expectation } from '../../../grammar/complete.ts'
import type { ObjectKind } from '../../runtime/api.ts'
import { OUTPUT_FORMATS } from '../output/result-writer.ts'
import type { Session } from '../session.ts'
import { META_COMMANDS } from './meta-commands.ts'

/** What readline wants: the whole words, and the part of the line that they replace. */
export type Completion = [matches: string[], replaced: string]

const RELATIONS: readonly ObjectKind[] = ['stream', 'table', 'view', 'materialized-view']
const DESCRIBED: readonly ObjectKind[] = [...RELATIONS, 'sink', 'query']

const KINDS: Readonly<Record<Expectation, readonly ObjectKind[]>> = {
  stream: ['stream'],
  table: ['table'],
  view: ['view', 'materialized-view'],
  query: ['query'],
  function: ['function'],
  topic: ['topic'],
  // Columns are looked up by the relations that the text names; of a new name and a type there is nothing to look up.
  column: [],
  name: [],
  type: [],
}

/** A name that is typed as it is; others are quoted. */
const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/

export class Completer {
  readonly #session: Session
  readonly #names = new Map<ObjectKind, Promise<readonly string[]>>()
  readonly #columns = new Map<string, Promise<readonly string[]>>()

  constructor(session: Session) {
    this.#session = session
  }

  /** The catalog may have changed: what is needed of it is read again. */
  refresh(): void {
    this.#names.clear()
    this.#columns.clear()
  }

  /** `line` goes up to the cursor; `before` is what the statement holds in the lines above it. */
  async complete(before: string, line: string): Promise<Completion> {
    const word = /[\p{L}\p{N}_$]*$/u.exec(line)?.[0] ?? ''
    if (before === '' && line.trimStart().startsWith('\\')) return this.#completeMeta(line.trimStart(), word)
    const { complete } = await import('../../../grammar/complete.ts')
    const text = before + line
    const { keywords, expects } = complete(text, text.length)
    const lower = word !== '' && word === word.toLowerCase()
    const shown = keywords.map((keyword) => (lower ? keyword.toLowerCase() : keyword))
    const names = await this.#namesOf(expects.flatMap((expectation) => KINDS[expectation]))
    const columns = expects.includes('column') ? await this.#columnsOf(text) : []
    return [matching([...new Set([...columns, ...names, ...shown])], word), word]
  }

  async #completeMeta(line: string, word: string): Promise<Completion> {
    const [command = '', ...rest] = line.split(/\s+/)
    if (rest.length === 0) {
      return [
        matching(
          META_COMMANDS.map(([name]) => name),
          line,
        ),
        line,
      ]
    }
    if (command === '\\d') return [matching(await this.#namesOf(DESCRIBED), word), word]
    if (command === '\\o') return [matching(OUTPUT_FORMATS, word), word]
    if (command === '\\explain') return this.complete(' ', rest.join(' '))
    return [[], word]
  }

  async #namesOf(kinds: readonly ObjectKind[]): Promise<readonly string[]> {
    const lists = await Promise.all(
      kinds.map((kind) => cached(this.#names, kind, async () => (await this.#session.list(kind)).map(nameOf))),
    )
    return [...new Set(lists.flat())].sort()
  }

  /** Columns of the relations that stand anywhere in the text. */
  async #columnsOf(text: string): Promise<readonly string[]> {
    const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? [])
    const relations = (await this.#namesOf(RELATIONS)).filter((name) => words.has(name))
    const lists = await Promise.all(
      relations.map((name) =>
        cached(this.#columns, name, async () => (await this.#session.describe(name)).schema?.fields.map(nameOf) ?? []),
      ),
    )
    return lists.flat().sort()
  }
}

/** Names that can't be read are no reason to beep at every Tab: completion then offers keywords alone. */
function cached<Key>(
  cache: Map<Key, Promise<readonly string[]>>,
  key: Key,
  load: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const known = cache.get(key)
  if (known !== undefined) return known
  const loading = load().catch(() => [])
  cache.set(key, loading)
  return loading
}

function nameOf({ name }: { readonly name: string }): string {
  return PLAIN_NAME.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function matching(candidates: readonly string[], word: string): string[] {
  const typed = word.toLowerCase()
  return candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed))
}
