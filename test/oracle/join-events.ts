import type { Random } from '../harness/random.ts'

/** Streams, and tables. */
export const RELATIONS = ['a', 'b', 't', 'u'] as const
export type Relation = (typeof RELATIONS)[number]

export function isTable(relation: Relation): boolean {
  return relation === 't' || relation === 'u'
}

/** A record of a stream, or a change of a table; in the order of arrival. */
export interface JoinEvent {
  readonly relation: Relation
  readonly partition: number
  readonly id: number
  readonly k: number | null
  readonly g: string | null
  readonly v: number | null
  readonly ts: number
  /** Of a table: the row is taken away. */
  readonly deleted: boolean
}

/** How far a row may be behind those before it. Nothing is late: the watermark is behind by a little more. */
export const DISORDERS_MS = [0, 5, 40, 300]
/** Nothing has to be partitioned alike. */
const PARTITIONS: Readonly<Record<Relation, number>> = { a: 2, b: 3, t: 2, u: 1 }
/** Tables have a column `r`, id modulo this, so that a key may be of two columns. */
export const KEY_PARTS = 2

export const STREAM = (name: Relation, disorderMs: number) =>
  `CREATE STREAM ${name} (id BIGINT, k BIGINT, g STRING, v BIGINT, ts TIMESTAMP,` +
  ` WATERMARK FOR ts AS ts - INTERVAL '${disorderMs + 1}' MILLISECOND EMIT ON EVENT) WITH (partitions = ${PARTITIONS[name]});`

/** Changes as Debezium brings them, since a delete then says what it deletes. */
export const TABLE = (name: Relation, disorderMs: number, key = 'id') =>
  `CREATE TABLE ${name} (id BIGINT, r BIGINT, k BIGINT, g STRING, v BIGINT, ts TIMESTAMP METADATA FROM 'source.ts_ms',` +
  ` PRIMARY KEY (${key}), WATERMARK FOR ts AS ts - INTERVAL '${disorderMs + 1}' MILLISECOND EMIT ON EVENT)` +
  ` WITH (partitions = ${PARTITIONS[name]}) FORMAT DEBEZIUM ENCODE JSON;`

export function randomEvents(random: Random, disorderMs: number, relations: readonly Relation[]): readonly JoinEvent[] {
  // Long rows of one key: few make an entry of the state that is not written as a whole with each change.
  const hot = random.chance(0.25)
  const count = hot ? 60 : random.integer(0, 60)
  const keys = hot ? 1 : random.integer(1, 6)
  const tableRows = hot ? 20 : keys
  const texts = hot ? ['x', ...['y', 'z', 'w'].map((letter) => letter.repeat(1_500))] : ['x', 'y', 'z']
  const nulls = random.pick([0, 0.1, 0.4])
  const maybe = <T>(value: T): T | null => (random.chance(nulls) ? null : value)
  const rows = new Map<string, JoinEvent>()
  const events: JoinEvent[] = []
  let time = 0
  for (let number = 0; number < count; number++) {
    time += random.pick([0, 0, 1, 1, 3, 10])
    const relation = random.pick(relations)
    const ofTable = isTable(relation)
    const id = ofTable ? random.integer(1, tableRows) : number
    const known = rows.get(`${relation} ${id}`)
    const ts = time - (random.chance(0.4) ? random.integer(0, disorderMs) : 0)
    const partition = id % PARTITIONS[relation]
    const event: JoinEvent =
      ofTable && known !== undefined && random.chance(0.25)
        ? { ...known, ts, deleted: true }
        : {
            relation,
            partition,
            id,
            k: maybe(random.integer(1, keys)),
            g: maybe(random.pick(texts)),
            v: maybe(random.integer(0, 5)),
            ts,
            deleted: false,
          }
    if (event.deleted) rows.delete(`${relation} ${id}`)
    else if (ofTable) rows.set(`${relation} ${id}`, event)
    events.push(event)
  }
  return events
}

/** The value of the event's record. */
export function recordText(event: JoinEvent): string {
  const { id, k, g, v, ts, deleted } = event
  if (!isTable(event.relation)) return JSON.stringify({ id, k, g, v, ts })
  const row = { id, r: id % KEY_PARTS, k, g, v }
  const source = { ts_ms: ts }
  return JSON.stringify(
    deleted ? { before: row, after: null, op: 'd', source } : { before: null, after: row, op: 'u', source },
  )
}
