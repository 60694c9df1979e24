import { formatRegistry } from '../../src/adapters/formats/registry.ts'
import type { Storage } from '../../src/adapters/storage.ts'
import { must } from '../../src/core/assert.ts'
import type { ChangeKind } from '../../src/core/batch.ts'
import { INSERT } from '../../src/core/batch.ts'
import type { Schema } from '../../src/core/schema.ts'
import type { Row, Value } from '../../src/core/value.ts'
import type { TaskStorage } from '../../src/engine/ports/state.ts'
import { ROWS_FORMAT } from '../../src/engine/side-outputs.ts'
import type { Task } from '../../src/engine/task.ts'
import type { MaterializedRelation, QueryEntry } from '../../src/plan/catalog.ts'
import type { SourceField } from '../../src/plan/physical/nodes.ts'
import { DEFAULT_LIMITS } from '../../src/runtime/limits.ts'
import { openTask } from '../../src/runtime/open-task.ts'
import { type TaskSpec, wholeTask } from '../../src/runtime/task-spec.ts'
import { WeirRuntime } from '../../src/runtime/weir-runtime.ts'
import { SettableClock } from './settable-clock.ts'

/**
 * One query, made by the statements of a script as a user would make it, whose task the test drives by hand: which
 * records it gets when, what time it is, when it commits, when it dies. All parts are the real ones; the runtime has
 * made the topics, the plan and the catalog, and its own job for the query is paused.
 */
export const QUERY = 'q'

export interface QueryWorldOptions {
  readonly storage: Storage
  readonly clock?: SettableClock
  readonly memoryEntriesMax?: number
}

export interface LoggedRow {
  readonly offset: number
  readonly kind: ChangeKind
  readonly row: Row
}

export class QueryWorld {
  readonly storage: Storage
  readonly clock: SettableClock
  readonly entry: QueryEntry
  readonly runtime: WeirRuntime
  readonly #memoryEntriesMax: number

  private constructor(options: QueryWorldOptions, runtime: WeirRuntime, clock: SettableClock, entry: QueryEntry) {
    this.storage = options.storage
    this.runtime = runtime
    this.clock = clock
    this.entry = entry
    this.#memoryEntriesMax = options.memoryEntriesMax ?? DEFAULT_LIMITS.memoryEntriesMax
  }

  /** `setup` are statements; `query` is one SELECT, which becomes a materialized view. */
  static async open(setup: string, query: string, options: QueryWorldOptions): Promise<QueryWorld> {
    const clock = options.clock ?? new SettableClock()
    const runtime = await WeirRuntime.open({ storage: options.storage, formats: formatRegistry(), clock })
    const session = new Map<string, string>()
    const script = `${setup}\nCREATE MATERIALIZED VIEW ${QUERY} AS ${query};\nPAUSE QUERY ${QUERY};`
    for await (const _ of runtime.execute(script, { session }));
    const entry = must(runtime.catalog.query(QUERY), 'the statements have made the query')
    return new QueryWorld(options, runtime, clock, entry)
  }

  /** The task as it was committed last. */
  async openTask(taskStorage: TaskStorage): Promise<Task> {
    return this.openStage(wholeTask(QUERY, this.entry.plan, this.runtime.catalog), taskStorage)
  }

  /** One task of the query, as it was committed last. */
  async openStage(spec: TaskSpec, taskStorage: TaskStorage): Promise<Task> {
    return openTask({
      spec,
      taskStorage,
      log: this.storage.log,
      formats: formatRegistry(),
      clock: this.clock,
      memoryEntriesMax: this.#memoryEntriesMax,
      hasFinished: () => false,
    })
  }

  get result(): MaterializedRelation {
    const relation = this.runtime.catalog.relation(QUERY)
    if (relation?.kind !== 'materialized-view') throw new Error('the query has a result')
    return relation
  }

  /** Streams of late rows or dead letters. */
  sideStreams(kind: 'late-stream' | 'dead-letter-stream'): readonly MaterializedRelation[] {
    return this.runtime.catalog
      .relations()
      .filter((relation): relation is MaterializedRelation => relation.kind === kind)
  }

  async resultEnd(): Promise<number> {
    return (await this.storage.log.topic(this.result.topic))?.offsets[0]?.end ?? 0
  }

  /** Rows of the query's own log, without the watermarks between them. */
  async resultRows(): Promise<readonly LoggedRow[]> {
    return (await readRows(this.storage, this.result.topic, this.result.schema)).rows
  }

  async resultWatermarks(): Promise<readonly number[]> {
    return (await readRows(this.storage, this.result.topic, this.result.schema)).watermarks
  }

  async sideRows(relation: MaterializedRelation): Promise<readonly LoggedRow[]> {
    return (await readRows(this.storage, relation.topic, relation.schema)).rows
  }
}

/** All rows of a topic in the `rows` encoding. */
export async function readRows(
  storage: Storage,
  topic: string,
  schema: Schema,
  partition = 0,
): Promise<{ readonly rows: readonly LoggedRow[]; readonly watermarks: readonly number[] }> {
  const decoder = formatRegistry().decoder(ROWS_FORMAT, schema.fields.map(rowsField))
  const reader = await storage.log.openReader(topic)
  const rows: LoggedRow[] = []
  const watermarks: number[] = []
  let offset = await reader.startOffset(partition)
  for (;;) {
    const chunk = await reader.read(partition, offset, 1000, 0)
    if (chunk === undefined) break
    const decoded = decoder.decode(chunk)
    if (decoded.bad.length > 0) throw new Error(`topic ${topic}: ${decoded.bad[0]?.reason}`)
    for (let i = 0; i < decoded.length; i++) {
      rows.push({
        offset: chunk.offsets[decoded.records[i] as number] as number,
        kind: (decoded.kinds?.[i] ?? INSERT) as ChangeKind,
        row: decoded.columns.map((column) => column[i] as Value),
      })
    }
    for (const { watermark } of decoded.watermarks ?? []) watermarks.push(watermark)
    offset = chunk.nextOffset
  }
  await reader.close()
  return { rows, watermarks }
}

function rowsField(field: Schema['fields'][number]): SourceField {
  return { ...field, from: 'value', path: [field.name] }
}
