// Stores outside, PostgreSQL and Redis: their options, which rows they can take, and who may look rows up in them.

import type { Connector } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/span.ts'
import { parseSecretReference } from '../core/secret-reference.ts'
import type { ConnectorDefinition } from './connectors.ts'
import { fail } from './diagnostics.ts'
import type { LogicalPlan } from './logical/nodes.ts'
import { anyText, duration, flag, integer, type OptionType, oneOf, secret, text } from './options.ts'
import type { ConnectorSpec, FormatSpec } from './physical/nodes.ts'

/** Rows of a lookup that may be kept in memory: bounds it, at some hundred bytes a row. */
const CACHED_ROWS_MAX = 1_000_000

/** Rows on their way to a store, in a log of ours. */
export const OUTBOX_FORMAT: FormatSpec = { envelope: 'plain', encoding: 'rows', options: {} }

const KINDS: readonly ConnectorSpec['kind'][] = ['postgres', 'redis']

export function isExternalStore(kind: ConnectorSpec['kind']): boolean {
  return KINDS.includes(kind)
}

/**
 * An address, or a reference to one. A password never stands in it: what a statement says is stored and shown. With a
 * reference the whole address is a secret, and may have one.
 */
function address(protocols: readonly string[], example: string): OptionType {
  return {
    expects: `an address without a password, such as '${example}', or a reference to one, '\${env:NAME}' or '\${file:PATH}'`,
    normalize: (value) => {
      if (parseSecretReference(value) !== undefined) return value
      const url = URL.parse(value)
      if (url === null || !protocols.includes(url.protocol) || url.host === '' || url.password !== '') return undefined
      return [...url.searchParams.keys()].some((key) => /pass/i.test(key)) ? undefined : value
    },
  }
}

/** Of a table that a stream looks up. */
const LOOKUP_OPTIONS: Readonly<Record<string, OptionType>> = {
  kind: oneOf('lookup'),
  'lookup.cache.ttl': duration,
  'lookup.cache.max-rows': integer(1, CACHED_ROWS_MAX),
  'lookup.timeout': duration,
}

/** Of any store. */
const SINK_OPTIONS: Readonly<Record<string, OptionType>> = { key: text, 'retention.ms': duration }

export const EXTERNAL_STORES = {
  postgres: {
    kind: 'postgres',
    source: true,
    sink: true,
    required: ['url'],
    options: {
      url: address(['postgres:', 'postgresql:'], 'postgresql://user@host:5432/database'),
      password: secret,
      table: text,
    },
    sourceOptions: LOOKUP_OPTIONS,
    sinkOptions: { 'create.table': flag, ...SINK_OPTIONS },
  },
  redis: {
    kind: 'redis',
    source: true,
    sink: true,
    required: ['url'],
    options: {
      url: address(['redis:', 'rediss:'], 'redis://host:6379'),
      password: secret,
      'key.prefix': anyText,
      'value.type': oneOf('json', 'hash'),
    },
    sourceOptions: LOOKUP_OPTIONS,
    sinkOptions: { ttl: duration, ...SINK_OPTIONS },
  },
} as const satisfies Record<string, ConnectorDefinition>

/** What a sink or a table is called by itself is also where its rows are. */
export function withDefaults({ kind, options }: ConnectorSpec, sink: string): ConnectorSpec {
  if (kind === 'postgres') return { kind, options: { table: sink, ...options } }
  return { kind, options: { 'key.prefix': `${sink}:`, ...options } }
}

export function checkNoFormat({ format, properties }: Connector, kind: string): void {
  const span = format?.span ?? properties.find(({ key }) => key === 'format')?.keySpan
  if (span === undefined) return
  fail(span, 'INVALID_OPTION', `connector "${kind}" has no format: its rows are columns, not records`, {
    hint: kind === 'redis' ? `See the option 'value.type' = 'json' or 'hash'.` : 'Leave it out.',
  })
}

/**
 * The columns that a row is found by in the store. What the query revises has a key of its own, and another one would
 * take rows away that are still there.
 */
export function storeKey(
  { schema }: LogicalPlan,
  kind: string,
  said: readonly number[] | undefined,
  span: Span,
): readonly number[] {
  const key = said === undefined ? schema.key : [...new Set(said)]
  if (schema.mode !== 'append') checkRevised(schema, kind, key, span)
  if (key.length === 0 && kind === 'redis') {
    fail(span, 'MISSING_OPTION', 'connector "redis" needs the option "key": the columns by which a row is found', {
      hint: `key = 'id', or several with commas; the newest row of each is kept.`,
    })
  }
  return key
}

function checkRevised(
  { fields, key: own }: LogicalPlan['schema'],
  kind: string,
  key: readonly number[],
  span: Span,
): void {
  if (own.length === 0) {
    fail(span, 'INVALID_KEY', `the query revises its rows, and they have no key to find them by in "${kind}"`, {
      hint: 'Keep the grouped columns, and window_start or window_end, in the list of SELECT.',
    })
  }
  if (own.length === key.length && own.every((column) => key.includes(column))) return
  const names = (columns: readonly number[]) => columns.map((column) => fields[column]?.name).join(', ')
  fail(span, 'INVALID_KEY', `the query revises its rows by (${names(own)}), and option "key" says (${names(key)})`, {
    hint: 'Leave the option out, or group by what it says.',
  })
}
