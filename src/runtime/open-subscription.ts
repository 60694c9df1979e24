import type { Storage } from '../adapters/storage.ts'
import { must } from '../core/assert.ts'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { TopicInfo } from '../engine/ports/log.ts'
import type { MaterializedRelation } from '../plan/catalog.ts'
import { resultFormat } from '../plan/physical/lower-scan.ts'
import type { ResultStream, SubscribeOptions } from './api.ts'
import type { StoredCatalog } from './catalog.ts'
import { MergedSubscription } from './merged-subscription.ts'
import { requireMaterialized } from './require.ts'
import { resultRowDecoder, sourceFields } from './result-table.ts'
import { decodeMergedToken, decodeResumeToken, encodeResumeToken, type ResumePosition } from './resume-token.ts'
import { Subscription } from './subscription.ts'
import { resultTasks } from './task-spec.ts'
import type { ViewTables } from './view-tables.ts'

export interface SubscriptionPorts {
  readonly storage: Storage
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly tables: ViewTables
}

/** Where a subscription begins: at its token, else with the snapshot, else with what changes from now on. */
export async function openSubscription(
  name: string,
  options: SubscribeOptions,
  catalog: StoredCatalog,
  ports: SubscriptionPorts,
): Promise<ResultStream> {
  const relation = requireMaterialized(catalog, catalog.query(name)?.target ?? name)
  const { storage, formats, clock, tables } = ports
  const { schema, topic, query } = relation
  const offsets = (await storage.log.topic(topic))?.offsets ?? []
  const partitions = Math.max(1, offsets.length)
  const positions =
    options.resumeToken === undefined
      ? begin(relation, options.snapshot ?? true, offsets)
      : resumeAt(relation, positionsOf(options.resumeToken, relation, partitions), offsets)
  const writer = catalog.query(query)
  const tasks = writer === undefined ? [] : resultTasks(writer, catalog)
  const parts = await Promise.all(
    positions.map(
      async (position, partition) =>
        new Subscription({
          schema,
          reader: await storage.log.openReader(topic, [partition]),
          partition,
          decoder: formats.decoder(resultFormat(relation), sourceFields(schema)),
          decodeRow: resultRowDecoder(schema),
          openTable: (from, signal) =>
            tables.read(must(tasks[partition], 'a task a partition'), { from, to: undefined }, signal),
          position,
          nowMs: () => clock.nowMs(),
          signal: options.signal,
        }),
    ),
  )
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return new MergedSubscription(relation.name, parts, positions.map(encodeResumeToken))
}

type Offsets = TopicInfo['offsets']

function begin(relation: MaterializedRelation, snapshot: boolean, offsets: Offsets): readonly ResumePosition[] {
  const { name, topic, schema, kind } = relation
  const keyed = schema.key.length > 0 && kind === 'materialized-view'
  const known = offsets.length === 0 ? [{ start: 0, end: 0 }] : offsets
  return known.map(({ start, end }) => ({
    name,
    topic,
    // Rows without a key have no table: their log is all there is of them.
    offset: snapshot && !keyed ? start : end,
    segments: [],
    inSnapshot: snapshot && keyed,
  }))
}

function positionsOf(token: string, { name }: MaterializedRelation, partitions: number): readonly ResumePosition[] {
  return partitions === 1 ? [decodeResumeToken(token, name)] : decodeMergedToken(token, name, partitions)
}

function resumeAt(
  relation: MaterializedRelation,
  positions: readonly ResumePosition[],
  offsets: Offsets,
): readonly ResumePosition[] {
  const gone = offsets.length === 0 || positions.some(({ topic }) => topic !== relation.topic)
  const kept = positions.every(({ offset }, partition) => {
    const range = offsets[partition]
    return range !== undefined && offset >= range.start && offset <= range.end
  })
  if (!gone && kept) return positions
  throw new AppError('POSITION_EXPIRED', `the resume token of "${relation.name}" points to results that are gone`, {
    hint: gone
      ? 'The view was reset or created anew since: subscribe without a token.'
      : `Results are kept as long as the view's 'retention.ms' says: subscribe without a token.`,
  })
}
