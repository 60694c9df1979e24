import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { outerSql } from './dialect.ts'
import { classify, type KeyedRow, type LatePair, type Pair, watermarksBefore } from './evaluate.ts'
import type { QuerySpec, StreamEvent, StreamSpec } from './workload.ts'

/**
 * The second engine: DuckDB computes filters, keys and aggregates over the rows that were on time. What is on time
 * comes from evaluate.ts; sessions of which none was split by lateness are found by DuckDB's window functions too, and
 * both ways must agree.
 */
export interface OracleResult {
  /** Keys, then (windowed) start and end in ms, then aggregates: as DuckDB gives them. */
  readonly rows: readonly (readonly DuckDBValue[])[]
  readonly late: readonly LatePair[]
}

export class DuckOracle {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(): Promise<DuckOracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    return new DuckOracle(connection)
  }

  close(): void {
    this.#connection.closeSync()
  }

  /** `events` in the order in which the task took them. */
  async evaluate(stream: StreamSpec, events: readonly StreamEvent[], query: QuerySpec): Promise<OracleResult> {
    await this.#load(events)
    const { window } = query
    if (window === undefined) return { rows: await this.#aggregate(query, 'input'), late: [] }
    const watermarks = watermarksBefore(
      stream,
      events.map(({ partition, ts }, seq) => ({ seq, partition, ts })),
    )
    const rows = await this.#keyedRows(query, events)
    const { onTime, late } = classify(window, query.latenessMs, rows, watermarks)
    await this.#loadPairs(onTime)
    const found = await this.#aggregate(query, 'input JOIN pairs USING (seq)')
    if (window.kind === 'session' && late.length === 0) await this.#compareSessions(query, window.gapMs, onTime)
    return { rows: found, late }
  }

  async #load(events: readonly StreamEvent[]): Promise<void> {
    await this.#connection.run(
      'CREATE OR REPLACE TABLE input (seq BIGINT, id BIGINT, k VARCHAR, g BIGINT, b BOOLEAN, i BIGINT, d DECIMAL(12,2),' +
        ' x DOUBLE, s VARCHAR, ts BIGINT)',
    )
    if (events.length === 0) return
    const tuples = events.map((event, seq) => {
      const { id, k, g, b, i, d, x, s, ts } = event
      return `(${seq},${id},${text(k)},${g},${b},${i},${d},${x === null ? 'NULL' : double(x)},${text(s)},${ts})`
    })
    await this.#connection.run(`INSERT INTO input VALUES ${tuples.join(',')}`)
  }

  async #loadPairs(pairs: readonly Pair[]): Promise<void> {
    await this.#connection.run('CREATE OR REPLACE TABLE pairs (seq BIGINT, window_start BIGINT, window_end BIGINT)')
    if (pairs.length === 0) return
    const tuples = pairs.map(({ seq, start, end }) => `(${seq},${start},${end})`)
    await this.#connection.run(`INSERT INTO pairs VALUES ${tuples.join(',')}`)
  }

  async #keyedRows(query: QuerySpec, events: readonly StreamEvent[]): Promise<KeyedRow[]> {
    const keys = query.keys.map((key) => key.duck)
    const rows = await this.#rows(
      `SELECT seq, ${keys.length === 0 ? "''" : `CAST([${keys.map((key) => `CAST(${key} AS VARCHAR)`).join(', ')}] AS VARCHAR)`}` +
        ` FROM input ${where(query)} ORDER BY seq`,
    )
    return rows.map(([seq, key]) => {
      const { partition, ts } = events[Number(seq)] as StreamEvent
      return { seq: Number(seq), partition, ts, key: String(key) }
    })
  }

  #aggregate(query: QuerySpec, from: string): Promise<readonly DuckDBValue[][]> {
    const bounds = query.window === undefined ? [] : ['window_start', 'window_end']
    const groups = [...query.keys.map((key) => key.duck), ...bounds]
    const outputs = [...query.keys, ...query.aggregates].map((output) => `${output.duck} AS ${output.name}`)
    outputs.splice(query.keys.length, 0, ...bounds)
    // A stream without rows gives no row, not one that says so.
    const having = [groups.length === 0 ? 'COUNT(*) > 0' : '', query.having?.duck ?? ''].filter((text) => text !== '')
    const inner =
      `SELECT ${outputs.join(', ')} FROM ${from} ${where(query)}` +
      (groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`) +
      (having.length === 0 ? '' : ` HAVING ${having.join(' AND ')}`)
    const { outer } = query
    const empty = outer?.kind === 'aggregate' && outer.keys.length === 0 ? ' HAVING COUNT(*) > 0' : ''
    return this.#rows(outerSql(inner, query, 'duck') + empty)
  }

  /** Sessions by gaps between neighbours, which holds when lateness has split none. */
  async #compareSessions(query: QuerySpec, gapMs: number, onTime: readonly Pair[]): Promise<void> {
    const partition = query.keys.length === 0 ? '' : `PARTITION BY ${query.keys.map((key) => key.duck).join(', ')}`
    const rows = await this.#rows(
      `WITH gaps AS (SELECT *, CASE WHEN ts - LAG(ts) OVER (${partition} ORDER BY ts) < ${gapMs} THEN 0 ELSE 1 END AS first` +
        ` FROM input ${where(query)}),` +
        ` numbered AS (SELECT *, SUM(first) OVER (${partition} ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session FROM gaps)` +
        ` SELECT seq, MIN(ts) OVER same, MAX(ts) OVER same + ${gapMs} FROM numbered` +
        ` WINDOW same AS (PARTITION BY ${[...query.keys.map((key) => key.duck), 'session'].join(', ')}) ORDER BY seq`,
    )
    const mine = onTime.slice().sort((a, b) => a.seq - b.seq)
    const theirs = rows.map(([seq, start, end]) => ({ seq: Number(seq), start: Number(start), end: Number(end) }))
    if (mine.length === theirs.length && mine.every((pair, i) => samePair(pair, theirs[i] as Pair))) return
    // A session may have closed between two rows that are within the gap of each other only by way of a later row.
    const split = mine.some((pair, i) => theirs[i] === undefined || pair.start < (theirs[i] as Pair).start)
    if (split) throw new Error(`sessions differ: ${JSON.stringify(mine)} here, ${JSON.stringify(theirs)} in DuckDB`)
  }

  async #rows(sql: string): Promise<DuckDBValue[][]> {
    try {
      const reader = await this.#connection.runAndReadAll(sql)
      return reader.getRows()
    } catch (error) {
      throw new Error(`DuckDB: ${sql}`, { cause: error })
    }
  }
}

function samePair(a: Pair, b: Pair): boolean {
  return a.seq === b.seq && a.start === b.start && a.end === b.end
}

function where(query: QuerySpec): string {
  return query.where === undefined ? '' : `WHERE ${query.where}`
}

/** A number without quotes would be read as a decimal first, and lose its last digit. */
function double(value: number): string {
  return `'${value}'::DOUBLE`
}

function text(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`
}
