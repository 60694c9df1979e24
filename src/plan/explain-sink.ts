// What EXPLAIN says of a sink: where its rows go, and how.

import { isExternalStore } from './external-stores.ts'
import type { ConnectorSpec, SinkStep } from './physical/nodes.ts'

/** `postgres totals`, `redis totals:…`: what is written, never where it is or who logs in. */
export function sinkTarget({ kind, options }: ConnectorSpec): string {
  if (kind === 'redis') return `redis ${options['key.prefix']}…`
  return `${kind} ${(kind === 'postgres' ? options['table'] : options['topic']) ?? ''}`.trimEnd()
}

export function sinkDetails({ connector, format }: SinkStep): readonly (string | undefined)[] {
  if (isExternalStore(connector.kind)) return ['from a log of its own, with its position in the store']
  return [connector.kind === 'embedded' ? `${format.envelope} ${format.encoding}` : undefined]
}
