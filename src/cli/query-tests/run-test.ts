// One file of query tests, run by the real engine in memory: rows in, the queries to their end, rows out. Time is that
// of the rows: no clock is waited for, and windows close because the input ends.

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isRetraction } from '../../core/batch.ts'
import { writeJsonObject } from '../../core/format-value.ts'
import { fromJson, parseJsonExact } from '../../core/parse-value.ts'
import type { Field, Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { ResultStream, Runtime } from '../../runtime/api.ts'
import { UsageError } from '../exit-codes.ts'
import { openRuntime } from '../local-runtime.ts'
import { forEachRow, keyOf } from '../output/result-writer.ts'
import { errorText } from '../report-error.ts'
import { untilCaughtUp } from '../until-caught-up.ts'
import type { Line, Section, TestFile } from './test-file.ts'
import { readScript } from './test-script.ts'

export interface Difference {
  readonly section: Section
  /** Expected and not there, with their lines. */
  readonly missing: readonly Line[]
  /** There and not expected. */
  readonly unexpected: readonly string[]
}

export interface TestResult {
  readonly differences: readonly Difference[]
  /** What each section would have to expect. */
  readonly actual: ReadonlyMap<Section, readonly string[]>
}

/** A statement that is refused: its own text says where. */
export class StatementFault extends Error {
  readonly #sql: string
  readonly #path: string

  constructor(error: unknown, sql: string, path: string) {
    super('a statement is refused', { cause: error })
    this.#sql = sql
    this.#path = path
  }

  text(colour: boolean): string {
    return errorText(this.cause, { sql: this.#sql, file: this.#path, colour })
  }
}

/** Throws StatementFault, and UsageError for what is wrong with the file. */
export async function runTest(file: TestFile): Promise<TestResult> {
  const path = file.script === undefined ? file.path : join(dirname(file.path), file.script)
  const sql = file.script === undefined ? file.sql : await readScriptFile(file, path)
  const inputs = file.sections.filter(({ kind }) => kind === 'input')
  const script = refused(sql, path, () => readScript(sql, new Set(inputs.map(({ name }) => name))))
  const runtime = await openRuntime({ dataDir: undefined })
  try {
    const session = new Map([
      ['scan.startup.mode', 'earliest'],
      ['scan.bounded.mode', 'latest-offset'],
    ])
    const fed = new Set<string>()
    for (const statement of script.statements) {
      try {
        for await (const result of runtime.execute(statement.sql, { session })) {
          if (result.kind === 'rows') await result.results.close()
        }
      } catch (error) {
        throw new StatementFault(error, statement.sql, path)
      }
      if (statement.input === undefined) continue
      fed.add(statement.input)
      for (const section of inputs.filter(({ name }) => name === statement.input)) await feed(runtime, file, section)
    }
    const stray = inputs.find(({ name }) => !fed.has(name))
    if (stray !== undefined) {
      throw new UsageError(`${file.path}:${stray.line}: the script makes no stream or table "${stray.name}"`)
    }
    await untilCaughtUp(runtime)
    const differences: Difference[] = []
    const actual = new Map<Section, readonly string[]>()
    for (const section of file.sections.filter(({ kind }) => kind === 'expect')) {
      const found = await compare(runtime, session, file, section, script.select)
      actual.set(section, found.actual)
      if (found.difference !== undefined) differences.push(found.difference)
    }
    return { differences, actual }
  } finally {
    await runtime.close()
  }
}

function refused<T>(sql: string, path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new StatementFault(error, sql, path)
  }
}

function readScriptFile({ path }: TestFile, script: string): Promise<string> {
  return readFile(script, 'utf8').catch(() => {
    throw new UsageError(`${path}: there is no script "${script}"`, 'Its path is seen from the folder of the test.')
  })
}

async function feed(runtime: Runtime, { path }: TestFile, { name, lines }: Section): Promise<void> {
  for (const { number, text } of lines) {
    readObject(path, number, text)
    await runtime.ingest({ stream: name, records: [{ value: Buffer.from(text) }] })
  }
}

async function compare(
  runtime: Runtime,
  session: Map<string, string>,
  { path }: TestFile,
  section: Section,
  select: string | undefined,
): Promise<{ readonly actual: readonly string[]; readonly difference: Difference | undefined }> {
  const { name, line, lines } = section
  if (name === '' && select === undefined) {
    throw new UsageError(`${path}:${line}: the script ends with no SELECT`, 'Write ==== expect NAME of a view or sink.')
  }
  const sql = name === '' ? (select ?? '') : `SELECT * FROM "${name.replaceAll('"', '""')}"`
  const results = await runtime.query(sql, { session }).catch((error: unknown) => {
    throw name === '' ? new StatementFault(error, sql, path) : error
  })
  const rows = await collect(results)
  const columns = columnsOf(path, lines, results.schema)
  const fields = columns.map(({ field }) => field)
  const actual = rows.map((row) =>
    writeJsonObject(
      fields,
      columns.map(({ at }) => row[at] ?? null),
    ),
  )
  const expected = lines.map((one) => ({ ...one, text: canonical(path, one, fields) }))
  return { actual, difference: differenceOf(section, expected, actual) }
}

/** What the result holds at its end. How many changes lead there is another matter: it depends on batches. */
async function collect(results: ResultStream): Promise<readonly Row[]> {
  const { schema } = results
  const isKeyed = schema.key.length > 0
  const rows = new Map<string, Row[]>()
  try {
    for await (const event of results) {
      forEachRow(event, (row, kind) => {
        const key = isKeyed ? keyOf(schema, row) : writeJsonObject(schema.fields, row)
        const same = rows.get(key) ?? []
        if (isRetraction(kind)) same.pop()
        else if (isKeyed) same[0] = row
        else same.push(row)
        rows.set(key, same)
      })
    }
  } finally {
    await results.close()
  }
  return [...rows.values()].flat()
}

interface Compared {
  readonly field: Field
  readonly at: number
}

/** The columns that the expected rows name; all where there are no rows. */
function columnsOf(path: string, lines: readonly Line[], { fields }: Schema): readonly Compared[] {
  const [first] = lines
  if (first === undefined) return fields.map((field, at) => ({ field, at }))
  const names = Object.keys(readObject(path, first.number, first.text))
  return names.map((name) => {
    const at = fields.findIndex((field) => field.name === name)
    const field = fields[at]
    if (field !== undefined) return { field, at }
    const known = fields.map((one) => one.name).join(', ')
    throw new UsageError(`${path}:${first.number}: there is no column "${name}"`, `There are: ${known}.`)
  })
}

/** An expected row as an actual one is written. */
function canonical(path: string, { number, text }: Line, fields: readonly Field[]): string {
  const object = readObject(path, number, text)
  if (Object.keys(object).length !== fields.length || fields.some(({ name }) => !Object.hasOwn(object, name))) {
    const first = fields.map(({ name }) => name).join(', ')
    throw new UsageError(`${path}:${number}: it has other columns than the first row`, `That one has: ${first}.`)
  }
  const row = fields.map(({ name, type }) => {
    try {
      return object[name] === null ? null : fromJson(type, object[name])
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new UsageError(`${path}:${number}: column "${name}": ${why}`)
    }
  })
  return writeJsonObject(fields, row)
}

function readObject(path: string, number: number, text: string): Record<string, unknown> {
  let json: unknown
  try {
    json = parseJsonExact(text)
  } catch {
    throw new UsageError(`${path}:${number}: this is no JSON: ${text}`, 'A row is one JSON object on one line.')
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  throw new UsageError(`${path}:${number}: this is no JSON object: ${text}`, 'A row is one JSON object on one line.')
}

function differenceOf(section: Section, expected: readonly Line[], actual: readonly string[]): Difference | undefined {
  const left = new Map<string, number>()
  for (const text of actual) left.set(text, (left.get(text) ?? 0) + 1)
  const missing = expected.filter(({ text }) => {
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count <= 0
  })
  const unexpected = [...left].flatMap(([text, count]) => Array.from({ length: Math.max(0, count) }, () => text))
  return missing.length === 0 && unexpected.length === 0 ? undefined : { section, missing, unexpected }
}
