// CREATE STREAM and CREATE TABLE: columns, key, event time, connector, as the catalog keeps them.

import type {
  ColumnDefinition as ColumnNode,
  ComputedColumn,
  CreateStream,
  CreateTable,
  Expression as Node,
  WatermarkDefinition,
} from '../../grammar/ast.ts'
import { print } from '../../grammar/index.ts'
import type { Span } from '../../grammar/span.ts'
import { TIMESTAMP, typeName } from '../core/type.ts'
import { bindExpression, plainContext } from './bind/bind-expression.ts'
import { notNegative, positive } from './bind/bind-window.ts'
import { coerce } from './bind/cast.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import type { Environment } from './bind/environment.ts'
import { newEnvironment } from './bind/new-environment.ts'
import { isNullable } from './bind/nullable.ts'
import { Scope } from './bind/scope.ts'
import { bindType } from './bind/types.ts'
import type { Catalog, ColumnDefinition, SourceRelation } from './catalog.ts'
import { bindConnector } from './connectors.ts'
import { type Diagnostics, fail } from './diagnostics.ts'
import { column } from './expression-tree.ts'
import { isDebezium } from './formats.ts'
import { checkLookupTable } from './lookups.ts'
import { bindMetadata } from './metadata.ts'
import type { ConnectorSpec, FormatSpec, WatermarkSpec } from './physical/nodes.ts'

/** Periodic watermarks without an interval: Flink's default. */
const WATERMARK_INTERVAL_DEFAULT_MS = 200

/** Columns of a stream at most: bounds plans and decoders. */
export const COLUMNS_MAX = 1000

export function bindSource(
  statement: CreateStream | CreateTable,
  catalog: Catalog,
  diagnostics: Diagnostics,
): SourceRelation {
  const kind = statement.kind === 'create-stream' ? 'stream' : 'table'
  const name = statement.name.name
  const description = `${kind} "${name}"`
  const environment = newEnvironment({ catalog, diagnostics })
  const columns = bindColumns(statement, environment, description)
  const key = bindKey(statement, columns, diagnostics)
  const watermark = bindWatermark(statement, columns, environment, description)
  const bound = bindConnector(
    statement.connector,
    { role: 'source', name, keyed: kind === 'table', columns: columns.map((one) => one.name) },
    diagnostics,
  )
  checkLookupTable(statement, bound.connector, columns)
  const options: Record<string, string> = { ...bound.connector.options }
  const { format } = bound
  if (kind === 'table' && bound.connector.kind === 'datagen') {
    fail(statement.connector.span, 'INVALID_OPTION', 'connector "datagen" makes streams, not tables')
  }
  if (options['scan.startup.mode'] === 'timestamp' && options['scan.startup.timestamp-millis'] === undefined) {
    fail(
      statement.connector.span,
      'MISSING_OPTION',
      '"scan.startup.mode" = \'timestamp\' needs "scan.startup.timestamp-millis"',
    )
  }
  if (options['scan.startup.mode'] === 'group-offsets') checkGroup(bound.connector, statement)
  const deadLetter = options['dead_letter_topic']
  return {
    kind,
    name,
    sql: print(statement),
    columns,
    schema: {
      fields: columns.map((one) => ({
        name: one.name,
        type: one.type,
        nullable: one.nullable && !key.includes(columns.indexOf(one)),
      })),
      key,
      timeColumn: watermark?.timeColumn,
      mode: kind === 'table' || format.envelope === 'upsert' ? 'upsert' : 'append',
    },
    watermark: withOptions(watermark, options),
    connector: { kind: bound.connector.kind, options },
    format: kind === 'table' && format.envelope !== 'plain' ? withKey(format, columns, key) : format,
    onError: onError(options['on_error'], deadLetter),
    deadLetter,
    retentionMs: options['retention.ms'] === undefined ? undefined : Number(options['retention.ms']),
    retentionBytes: options['retention.bytes'] === undefined ? undefined : Number(options['retention.bytes']),
  }
}

/** A deletion has its key and nothing else, so that the format has to know what that is. */
function withKey(format: FormatSpec, columns: readonly ColumnDefinition[], key: readonly number[]): FormatSpec {
  const names = key.map((index) => columns[index]?.name)
  return { ...format, options: { ...format.options, key: JSON.stringify(names) } }
}

function onError(option: string | undefined, deadLetter: string | undefined): SourceRelation['onError'] {
  if (option === 'dead-letter' || option === 'skip' || option === 'fail') return option
  return deadLetter === undefined ? 'skip' : 'dead-letter'
}

function bindColumns(
  statement: CreateStream | CreateTable,
  environment: Environment,
  description: string,
): readonly ColumnDefinition[] {
  const columns: ColumnDefinition[] = []
  const seen = new Set<string>()
  const isChange = isDebezium(statement.connector)
  for (const element of statement.elements) {
    if (element.kind !== 'column-definition' && element.kind !== 'computed-column') continue
    environment.diagnostics.attempt(() => {
      const { name } = element.name
      if (seen.has(name)) fail(element.name.span, 'DUPLICATE_NAME', `${description} has column "${name}" twice`)
      seen.add(name)
      if (columns.length === COLUMNS_MAX)
        fail(element.span, 'PLAN_TOO_LARGE', `a stream has at most ${COLUMNS_MAX} columns`)
      columns.push(
        element.kind === 'column-definition'
          ? declaredColumn(element, isChange)
          : computedColumn(element, columns, environment, description),
      )
    })
  }
  if (columns.length === 0 && !environment.diagnostics.failed) {
    fail(statement.name.span, 'INVALID_QUERY', `${description} has no columns`, {
      hint: 'Write them in parentheses; only a format with a schema, such as avro or protobuf, says them by itself.',
    })
  }
  return columns
}

function declaredColumn(node: ColumnNode, isChange: boolean): ColumnDefinition {
  const name = node.name.name
  const type = bindType(node.type)
  const common = { name, type, nullable: !node.notNull && !node.primaryKey, expression: undefined }
  if (node.metadata === undefined) return { ...common, from: 'value', path: [name] }
  return { ...common, ...bindMetadata(node, node.metadata, type, isChange) }
}

function computedColumn(
  node: ComputedColumn,
  before: readonly ColumnDefinition[],
  environment: Environment,
  description: string,
): ColumnDefinition {
  const expression = bindOver(node.expression, before, environment, description, 'a computed column')
  const fields = before.map((one) => ({ name: one.name, type: one.type, nullable: one.nullable }))
  if (expression.type.kind === 'null') fail(node.span, 'TYPE_MISMATCH', 'the column has no type', { hint: 'Cast it.' })
  return {
    name: node.name.name,
    type: expression.type,
    nullable: isNullable(expression, fields),
    from: 'computed',
    path: [],
    expression,
  }
}

function bindOver(
  node: Node,
  columns: readonly ColumnDefinition[],
  environment: Environment,
  description: string,
  clause: string,
) {
  const scope = new Scope(
    columns.map((one) => ({ qualifier: undefined, name: one.name, type: one.type, nullable: one.nullable })),
    undefined,
    description,
  )
  const bound = bindExpression(node, plainContext(environment, scope, clause))
  const span = environment.found.nondeterministic
  if (span !== undefined) {
    fail(span, 'INVALID_QUERY', `${clause} can't use the clock: a replay would give other rows`)
  }
  return bound
}

function bindKey(
  statement: CreateStream | CreateTable,
  columns: readonly ColumnDefinition[],
  diagnostics: Diagnostics,
): readonly number[] {
  const key: number[] = []
  let span: Span | undefined
  for (const element of statement.elements) {
    if (element.kind === 'column-definition' && element.primaryKey) {
      if (span !== undefined) diagnostics.error(element.span, 'INVALID_KEY', 'there are two primary keys', TWO_KEYS)
      span ??= element.span
      key.push(columns.findIndex((one) => one.name === element.name.name))
    }
    if (element.kind !== 'primary-key') continue
    if (span !== undefined) diagnostics.error(element.span, 'INVALID_KEY', 'there are two primary keys', TWO_KEYS)
    span ??= element.span
    for (const one of element.columns) {
      const index = columns.findIndex((column) => column.name === one.name)
      if (index >= 0) key.push(index)
      else {
        diagnostics.error(one.span, 'UNKNOWN_COLUMN', `there is no column "${one.name}"`, {
          hint: didYouMean(
            one.name,
            columns.map((column) => column.name),
            'Its columns',
          ),
        })
      }
    }
  }
  const valid = key.filter((index) => index >= 0)
  if (statement.kind === 'create-table' && span === undefined) {
    diagnostics.error(statement.name.span, 'INVALID_KEY', `table "${statement.name.name}" has no primary key`, {
      hint: 'Write PRIMARY KEY behind a column, or use CREATE STREAM for rows without identity.',
    })
  }
  if (statement.kind === 'create-stream' && span !== undefined) {
    diagnostics.error(span, 'INVALID_KEY', `stream "${statement.name.name}" has a primary key`, {
      hint: 'Rows of a stream are events; a TABLE has a row a key. For duplicates see DEDUPLICATE.',
    })
  }
  return valid
}

const TWO_KEYS = { hint: 'Write PRIMARY KEY (a, b) for a key of two columns.' }

function bindWatermark(
  statement: CreateStream | CreateTable,
  columns: readonly ColumnDefinition[],
  environment: Environment,
  description: string,
): WatermarkSpec | undefined {
  const [node, second] = statement.elements.filter((one) => one.kind === 'watermark')
  if (node === undefined) return undefined
  if (second !== undefined) environment.diagnostics.error(second.span, 'INVALID_WATERMARK', 'there are two watermarks')
  return environment.diagnostics.attempt(() => watermarkOf(node, columns, environment, description))
}

function watermarkOf(
  node: WatermarkDefinition,
  columns: readonly ColumnDefinition[],
  environment: Environment,
  description: string,
): WatermarkSpec {
  const name = node.column.name
  const timeColumn = columns.findIndex((one) => one.name === name)
  const time = columns[timeColumn]
  if (time === undefined) {
    fail(node.column.span, 'UNKNOWN_COLUMN', `${description} has no column "${name}"`, {
      hint: didYouMean(
        name,
        columns.map((one) => one.name),
        'Its columns',
      ),
    })
  }
  if (time.type.kind !== 'timestamp') {
    fail(node.column.span, 'INVALID_WATERMARK', `event time is a TIMESTAMP, and "${name}" is ${typeName(time.type)}`, {
      hint: `Add a column: ts AS to_timestamp_ms(${name}), and write WATERMARK FOR ts.`,
    })
  }
  const expression =
    node.expression === undefined
      ? column(timeColumn, TIMESTAMP)
      : coerce(
          bindOver(node.expression, columns, environment, description, 'WATERMARK'),
          TIMESTAMP,
          node.expression.span,
          'a watermark',
        )
  return {
    timeColumn,
    expression,
    emit:
      node.emit?.kind === 'emit-on-event'
        ? { kind: 'on-event' }
        : {
            kind: 'periodic',
            intervalMs:
              node.emit === undefined
                ? WATERMARK_INTERVAL_DEFAULT_MS
                : positive(node.emit.interval, 'interval of the watermark'),
          },
    idleTimeoutMs: node.idleTimeout && positive(node.idleTimeout, 'idle timeout'),
    maxFutureMs: node.maxFuture && notNegative(node.maxFuture.interval, 'time of MAX FUTURE'),
    maxFutureAction: node.maxFuture?.action ?? 'clamp',
  }
}

/** Flink says some of the watermark in options; the clause, where it says the same, comes first. */
function withOptions(watermark: WatermarkSpec | undefined, options: Record<string, string>): WatermarkSpec | undefined {
  const idle = options['scan.watermark.idle-timeout']
  const strategy = options['scan.watermark.emit.strategy']
  delete options['scan.watermark.idle-timeout']
  delete options['scan.watermark.emit.strategy']
  if (watermark === undefined) return undefined
  return {
    ...watermark,
    emit: strategy === 'on-event' ? { kind: 'on-event' } : watermark.emit,
    idleTimeoutMs: watermark.idleTimeoutMs ?? (idle === undefined ? undefined : Number(idle)),
  }
}

/** Offsets that consumers of Kafka have committed: those of which group has to be said. */
function checkGroup({ kind, options }: ConnectorSpec, { connector }: CreateStream | CreateTable): void {
  const span = connector.properties.find(({ key }) => key === 'scan.startup.mode')?.value.span ?? connector.span
  if (kind !== 'kafka') {
    fail(span, 'INVALID_OPTION', `connector "${kind}" has no consumer groups`, {
      hint: `'scan.startup.mode' is one of earliest, latest, timestamp here.`,
    })
  }
  if (options['properties.group.id'] === undefined) {
    fail(span, 'MISSING_OPTION', `"scan.startup.mode" = 'group-offsets' needs "properties.group.id"`)
  }
}
