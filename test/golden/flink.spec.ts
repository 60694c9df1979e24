import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Explain, renderDiagnostics } from '../../grammar/index.ts'
import { exportFlink } from '../../src/plan/flink/export.ts'
import { define, relations, statementsOf } from './plan-world.ts'

/**
 * flink/: a script whose last statement is EXPLAIN FLINK, over the relations of relations.sql, and the script for Flink
 * or why there is none. That Flink takes what stands here, and gives the same rows, is for test/oracle/flink to say.
 *
 * UPDATE=1 writes the files anew; the diff is reviewed as code.
 */
const UPDATE = process.env['UPDATE'] === '1'
const FOLDER = join(import.meta.dirname, 'flink')

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith('.sql.txt')))('flink/%s', (file) => {
  const path = join(FOLDER, file)
  const text = readFileSync(path, 'utf8')
  const at = text.search(/^==== /m)
  const [sql, expected] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at)]

  test('is exported like this', () => {
    const actual = exported(sql)
    if (UPDATE) writeFileSync(path, `${sql}${actual}`)
    else expect(actual).toBe(expected)
  })
})

function exported(sql: string): string {
  const catalog = relations()
  const session = new Map<string, string>()
  const parts: string[] = []
  for (const statement of statementsOf(sql)) {
    if (statement.kind === 'set')
      session.set(statement.property.key, String((statement.property.value as { value: unknown }).value))
    else if (statement.kind !== 'explain') define(statement, catalog)
    else parts.push(resultOf(sql, statement, catalog, session))
  }
  return parts.join('')
}

function resultOf(
  sql: string,
  statement: Explain,
  catalog: ReturnType<typeof relations>,
  session: ReadonlyMap<string, string>,
): string {
  const result = exportFlink(statement, catalog, session)
  return 'text' in result
    ? `==== flink\n${result.text}`
    : `==== errors\n${renderDiagnostics(sql, result.diagnostics)}\n`
}
