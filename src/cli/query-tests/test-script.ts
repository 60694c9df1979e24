// The script of a test, with what it reads and writes outside replaced: a stream or table that the test has rows for
// reads those, whatever its connector and encoding, and a sink is a view that can be looked at.

import type { Connector, Property, Statement } from '../../../grammar/ast.ts'
import { hasErrors, parse, print, printIdentifier } from '../../../grammar/index.ts'
import { AppError } from '../../core/errors.ts'
import { CONNECTORS, isSinkOption } from '../../plan/connectors.ts'
import { isFormatKey } from '../../plan/format-options.ts'
import { placedText } from '../repl/split-statements.ts'

export interface TestStatement {
  readonly sql: string
  /** What it makes, where that is a stream or table with rows of the test. */
  readonly input: string | undefined
}

export interface TestScript {
  readonly statements: readonly TestStatement[]
  /** A SELECT at the end: its rows are a result as well. */
  readonly select: string | undefined
}

/** `inputs` are the names that the test has rows for. Throws INVALID_SQL, with the place in the text. */
export function readScript(sql: string, inputs: ReadonlySet<string>): TestScript {
  const { statements, diagnostics } = parse(sql)
  if (hasErrors(diagnostics)) throw new AppError('INVALID_SQL', 'the script does not parse', { diagnostics })
  const all = statements.map((statement) => readStatement(sql, statement, inputs))
  const isSelect = statements.at(-1)?.kind === 'query'
  return { statements: isSelect ? all.slice(0, -1) : all, select: isSelect ? all.at(-1)?.sql : undefined }
}

function readStatement(sql: string, statement: Statement, inputs: ReadonlySet<string>): TestStatement {
  switch (statement.kind) {
    case 'create-stream':
    case 'create-table': {
      const { name } = statement.name
      if (!inputs.has(name)) break
      return { sql: inPlace(statement, print({ ...statement, connector: embedded(statement.connector) })), input: name }
    }
    case 'create-sink': {
      const { name, input } = statement
      const query = input.kind === 'identifier' ? `SELECT * FROM ${printIdentifier(input)}` : print(input)
      return {
        sql: inPlace(statement, `CREATE MATERIALIZED VIEW ${printIdentifier(name)} AS ${query}`),
        input: undefined,
      }
    }
    case 'create-as':
      return {
        sql: inPlace(
          statement,
          print({ ...statement, options: statement.options.filter(({ key }) => !isSinkOption(key)) }),
        ),
        input: undefined,
      }
    default:
  }
  return { sql: placedText(sql, statement.span.start, statement.span.end), input: undefined }
}

/** On the line where the statement stands, so that an error names it. */
function inPlace({ span }: Statement, sql: string): string {
  return '\n'.repeat(span.line - 1) + sql
}

/** Rows of a test are JSON objects with the columns' names; Debezium's envelope stays one. */
function embedded(connector: Connector): Connector {
  const { span, format } = connector
  const kept = connector.properties.filter(({ key }) => !isOfSource(key))
  const kind: Property = {
    kind: 'property',
    span,
    key: 'connector',
    keySpan: span,
    value: { kind: 'string', span, value: 'embedded' },
  }
  const envelope = format?.envelope === 'debezium' ? 'debezium' : 'plain'
  const json = { kind: 'format', span, envelope, encoding: 'json', properties: [] } as const
  return { ...connector, properties: [kind, ...kept], format: json }
}

function isOfSource(key: string): boolean {
  if (key === 'connector' || key === 'format' || /^(scan|fields)\./.test(key) || isFormatKey(key)) return true
  return Object.values(CONNECTORS).some(
    ({ options, sourceOptions = {} }) => Object.hasOwn(options, key) || Object.hasOwn(sourceOptions, key),
  )
}
