// Tab: what may stand at the cursor, from the grammar, with the names of the catalog where a name may stand.

import type { ObjectKind } from '../../runtime/api.ts'
import { OUTPUT_FORMATS } from '../output/result-writer.ts'
import type { Session } from '../session.ts'
import { META_COMMANDS } from './meta-commands.ts'

/** What readline wants: the whole words, and the part of the line that they replace. */
export type Completion = [matches: string[], replaced: string]

const NAMED: readonly ObjectKind[] = ['stream', 'table', 'view', 'materialized-view', 'sink', 'query', 'function']
/** A name that is typed as it is; others are quoted. */
const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/

export class Completer {
  readonly #session: Session
  #names: Promise<readonly string[]> | undefined

  constructor(session: Session) {
    this.#session = session
  }

  /** The catalog may have changed: the names are read again when they are needed next. */
  refresh(): void {
    this.#names = undefined
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
    const names = expects.some((kind) => kind !== 'name' && kind !== 'type') ? await this.#catalogNames() : []
    return [matching([...names, ...shown], word), word]
  }

  async #completeMeta(line: string, word: string): Promise<Completion> {
    const [command = '', ...rest] = line.split(/\s+/)
    if (rest.length === 0)
      return [
        matching(
          META_COMMANDS.map(([name]) => name),
          line,
        ),
        line,
      ]
    if (command === '\\d') return [matching(await this.#catalogNames(), word), word]
    if (command === '\\o') return [matching(OUTPUT_FORMATS, word), word]
    if (command === '\\explain') return this.complete(' ', rest.join(' '))
    return [[], word]
  }

  #catalogNames(): Promise<readonly string[]> {
    this.#names ??= this.#readNames()
    return this.#names
  }

  /** Names that can't be read are no reason to beep at every Tab: completion then offers keywords alone. */
  async #readNames(): Promise<readonly string[]> {
    const lists = await Promise.all(NAMED.map((kind) => this.#session.list(kind).catch(() => [])))
    const names = lists.flat().map(({ name }) => (PLAIN_NAME.test(name) ? name : `"${name.replaceAll('"', '""')}"`))
    return [...new Set(names)].sort()
  }
}

function matching(candidates: readonly string[], word: string): string[] {
  const typed = word.toLowerCase()
  return candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed))
}
