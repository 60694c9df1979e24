import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import { ROWS_FORMAT } from '../engine/side-outputs.ts'
import type { MaterializedRelation } from '../plan/catalog.ts'
import type { SubscribeOptions } from './api.ts'
import type { StoredCatalog } from './catalog.ts'
import { requireMaterialized } from './require.ts'
import { resultRowDecoder, sinkStepId, sourceFields } from './result-table.ts'
import { decodeResumeToken, type ResumePosition } from './resume-token.ts'
import { Subscription } from './subscription.ts'

/** Where a subscription begins: at its token, else with the snapshot, else with what changes from now on. */
export async function openSubscription(
  name: string,
  options: SubscribeOptions,
  catalog: StoredCatalog,
  ports: { readonly storage: Storage; readonly formats: FormatRegistry; readonly clock: Clock },
): Promise<Subscription> {
  const relation = requireMaterialized(catalog, catalog.query(name)?.target ?? name)
  const { storage, formats, clock } = ports
  const { schema, topic, query } = relation
  const position =
    options.resumeToken === undefined
      ? await begin(relation, options.snapshot ?? true, storage)
      : await resumeAt(options.resumeToken, relation, storage)
  const plan = catalog.query(query)?.plan
  return new Subscription({
    schema,
    reader: await storage.log.openReader(topic),
    decoder: formats.decoder(ROWS_FORMAT, sourceFields(schema)),
    decodeRow: resultRowDecoder(schema),
    openSnapshot: () => storage.state.snapshot(query),
    sinkId: plan === undefined ? '' : sinkStepId(plan),
    position,
    nowMs: () => clock.nowMs(),
    signal: options.signal,
  })
}

async function begin(relation: MaterializedRelation, snapshot: boolean, storage: Storage): Promise<ResumePosition> {
  const { name, topic, schema, kind } = relation
  const offsets = (await storage.log.topic(topic))?.offsets[0] ?? { start: 0, end: 0 }
  const keyed = schema.key.length > 0 && kind === 'materialized-view'
  // Rows without a key have no table: their log is all there is of them.
  const offset = snapshot && !keyed ? offsets.start : offsets.end
  return { name, topic, offset, segments: [], inSnapshot: snapshot && keyed }
}

async function resumeAt(token: string, relation: MaterializedRelation, storage: Storage): Promise<ResumePosition> {
  const position = decodeResumeToken(token, relation.name)
  const offsets = (await storage.log.topic(relation.topic))?.offsets[0]
  const gone = position.topic !== relation.topic || offsets === undefined
  if (!gone && position.offset >= offsets.start && position.offset <= offsets.end) return position
  throw new AppError('POSITION_EXPIRED', `the resume token of "${relation.name}" points to results that are gone`, {
    hint: gone
      ? 'The view was created anew since: subscribe without a token.'
      : `Results are kept as long as the view's 'retention.ms' says: subscribe without a token.`,
  })
}
