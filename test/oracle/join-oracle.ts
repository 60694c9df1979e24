import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { isTable, type JoinEvent, KEY_PARTS, RELATIONS } from './join-events.ts'
import type { JoinWorkload } from './join-workload.ts'

/**
 * DuckDB's answer to a join: streams are tables `a` and `b` of all their rows; `t` and `u` are the rows that are there
 * at the end, `t_changes` and `u_changes` all changes; `seq` is the order of arrival.
 */
export class JoinOracle {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(): Promise<JoinOracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    return new JoinOracle(await instance.connect())
  }

  close(): void {
    this.#connection.closeSync()
  }

  /** Rows as JSON texts, sorted. */
  async evaluate({ events, expected }: Pick<JoinWorkload, 'events' | 'expected'>): Promise<readonly string[]> {
    for (const relation of RELATIONS) {
      const changes = isTable(relation) ? `${relation}_changes` : relation
      await this.#load(
        changes,
        events.map((event, seq) => ({ event, seq })).filter(({ event }) => event.relation === relation),
      )
      if (changes === relation) continue
      await this.#connection.run(
        `CREATE OR REPLACE VIEW ${relation} AS SELECT * EXCLUDE (rn) FROM (SELECT *, ROW_NUMBER() OVER` +
          ` (PARTITION BY id ORDER BY seq DESC) AS rn FROM ${changes}) WHERE rn = 1 AND NOT deleted`,
      )
    }
    const rows = await this.#rows(expected)
    return rows.map((row) => JSON.stringify(row)).sort()
  }

  async #load(name: string, rows: readonly { readonly event: JoinEvent; readonly seq: number }[]): Promise<void> {
    await this.#connection.run(
      `CREATE OR REPLACE TABLE ${name} (seq BIGINT, id BIGINT, r BIGINT, k BIGINT, g VARCHAR, v BIGINT, ts BIGINT, deleted BOOLEAN)`,
    )
    if (rows.length === 0) return
    const tuples = rows.map(({ event: { id, k, g, v, ts, deleted }, seq }) => {
      return `(${seq},${id},${id % KEY_PARTS},${k},${g === null ? 'NULL' : `'${g}'`},${v},${ts},${deleted})`
    })
    await this.#connection.run(`INSERT INTO ${name} VALUES ${tuples.join(',')}`)
  }

  async #rows(sql: string): Promise<unknown[][]> {
    try {
      const reader = await this.#connection.runAndReadAll(sql)
      return reader.getRows().map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)))
    } catch (error) {
      throw new Error(`DuckDB: ${sql}`, { cause: error })
    }
  }
}
