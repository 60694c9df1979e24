import { FoundTexts } from '../adapters/external/found-texts.ts'
import { type LookupConnection, StoreLookup } from '../adapters/external/store-lookup.ts'
import { PostgresLookup } from '../adapters/postgres/postgres-lookup.ts'
import { RedisLookup } from '../adapters/redis/redis-lookup.ts'
import { redisKey } from '../adapters/redis/redis-rows.ts'
import { must } from '../core/assert.ts'
import type { Field } from '../core/schema.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { Lookup } from '../engine/ports/lookup.ts'
import type { SourceRelation } from '../plan/catalog.ts'
import { LOOKUP_FORMAT } from '../plan/lookups.ts'
import type { LookupJoinStep } from '../plan/physical/join-steps.ts'
import type { ConnectorSpec } from '../plan/physical/nodes.ts'

/** What a step asks; it connects when the first row wants something. */
export function openLookup(
  { connector, columns, keys }: LookupJoinStep,
  formats: FormatRegistry,
  clock: Clock,
): Lookup {
  const fields = columns.map((field, i) => {
    // The key is what was asked for: what is found need not say it again.
    const nullable = field.nullable || keys.includes(i)
    return { ...field, nullable, from: 'value' as const, path: [field.name] }
  })
  const types = keys.map((index) => must(columns[index], 'a column of the key').type)
  return new StoreLookup({
    connect: (timeoutMs) => connect(connector, columns, keys, timeoutMs),
    texts: new FoundTexts(formats.decoder(LOOKUP_FORMAT, fields), columns.length, keys),
    nameOf: (key) => redisKey('', types, key),
    clock,
    options: connector.options,
  })
}

/** Fails with what is wrong with a new table that is looked up: nobody is there, or it has other columns. */
export async function checkLookup({ connector, schema }: SourceRelation): Promise<void> {
  const connection = await connect(connector, schema.fields, schema.key)
  await connection.close()
}

function connect(
  { kind, options }: ConnectorSpec,
  columns: readonly Field[],
  keys: readonly number[],
  timeoutMs?: number,
): Promise<LookupConnection> {
  return kind === 'postgres'
    ? PostgresLookup.open(options, columns, keys, timeoutMs)
    : RedisLookup.open(options, columns, keys, timeoutMs)
}
