// Where the rows of a continuous query go: the result log of a view, a connector, a stream or table of the catalog.

import type { CreateAs, CreateMaterializedView, CreateSink, Identifier, Insert, Query } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/span.ts'
import type { Schema } from '../core/schema.ts'
import type { DurationMs } from '../core/time.ts'
import { sameType, typeName } from '../core/type.ts'
import { canCast, castTo } from './bind/cast.ts'
import { castCost } from './bind/coerce.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import { parseBytes, parseDuration, SESSION_KEYS } from './bind/session.ts'
import type { Catalog, SourceRelation } from './catalog.ts'
import { bindConnector, isSinkOption } from './connectors.ts'
import { type Diagnostics, fail } from './diagnostics.ts'
import { column, literal } from './expression-tree.ts'
import { isExternalStore, storeKey } from './external-stores.ts'
import { type LogicalPlan, project } from './logical/nodes.ts'
import { HEADER_TYPES } from './metadata.ts'
import { literalText, properties } from './options.ts'
import type { SinkTarget } from './physical/lower.ts'
import type { FormatSpec } from './physical/nodes.ts'

interface Target {
  readonly query: Query
  readonly queryOptions: ReadonlyMap<string, string>
  readonly shape: (plan: LogicalPlan) => LogicalPlan
  readonly sink: (plan: LogicalPlan) => SinkTarget
  readonly retentionMs: undefined
  readonly retentionBytes: undefined
}

export function resultTarget({ name, topic }: { readonly name: string; readonly topic: string }): SinkTarget {
  return {
    connector: { kind: 'result', options: { relation: name, topic } },
    format: { envelope: 'plain', encoding: 'rows', options: {} },
    schema: undefined,
  }
}

export const VIEW_KEYS: readonly string[] = [...SESSION_KEYS, 'retention.ms', 'retention.bytes']

export interface ViewOptions {
  readonly queryOptions: ReadonlyMap<string, string>
  readonly retentionMs: DurationMs | undefined
  readonly retentionBytes: number | undefined
}

/** WITH (…) of a view: options of its query and of its result log. */
export function viewOptions(
  { kind, name, options: list }: CreateMaterializedView | CreateAs,
  diagnostics: Diagnostics,
): ViewOptions {
  const queryOptions = new Map<string, string>()
  for (const [key, property] of properties(list, diagnostics)) {
    if (!VIEW_KEYS.includes(key)) {
      if (kind === 'create-as' && isSinkOption(key)) {
        diagnostics.error(
          property.keySpan,
          'NOT_SUPPORTED',
          `CREATE … AS with the option "${key}" is not supported yet`,
          {
            hint: `Its rows go to a result log of its own. For a topic: CREATE STREAM ${name.name} (…) WITH (…), then INSERT INTO ${name.name} SELECT …; or CREATE SINK.`,
          },
        )
        continue
      }
      diagnostics.error(property.keySpan, 'UNKNOWN_OPTION', `a view has no option "${key}"`, {
        hint: didYouMean(key, VIEW_KEYS) ?? `It has: ${VIEW_KEYS.join(', ')}.`,
      })
      continue
    }
    queryOptions.set(key, literalText(property.value))
  }
  const retention = queryOptions.get('retention.ms')
  const size = queryOptions.get('retention.bytes')
  const retentionMs = retention === undefined ? undefined : parseDuration(retention)
  const retentionBytes = size === undefined ? undefined : parseBytes(size)
  const bad = (key: string) => list.find((one) => one.key === key)?.value.span
  if (retention !== undefined && retentionMs === undefined) {
    fail(bad('retention.ms') as Span, 'INVALID_OPTION', 'option "retention.ms" is a duration, such as \'7 days\'')
  }
  if (size !== undefined && retentionBytes === undefined) {
    fail(bad('retention.bytes') as Span, 'INVALID_OPTION', 'option "retention.bytes" is a size, such as \'512 MB\'')
  }
  return { queryOptions, retentionMs, retentionBytes }
}

export function sinkTarget(statement: CreateSink, diagnostics: Diagnostics): Target {
  const query = statement.input.kind === 'query' ? statement.input : selectAll(statement.input)
  const keyed = statement.connector.format?.envelope === 'upsert'
  const use = { role: 'sink', name: statement.name.name, keyed, columns: [] } as const
  const { connector, format, queryOptions } = bindConnector(statement.connector, use, diagnostics)
  const keyOption = connector.options['key']
  return {
    query,
    queryOptions,
    shape: (plan) => {
      if (connector.kind === 'embedded') checkRevisions(plan, format, statement.span)
      return plan
    },
    sink: (plan) => {
      const said = keyOption === undefined ? undefined : keyColumns(plan, keyOption, statement.span)
      const key = isExternalStore(connector.kind) ? storeKey(plan, connector.kind, said, statement.span) : said
      const schema = key === undefined ? undefined : { ...plan.schema, key }
      checkHeaders(connector.options['headers'], schema ?? plan.schema, statement.span)
      return { connector, format, schema }
    },
    retentionMs: undefined,
    retentionBytes: undefined,
  }
}

/** `key='customer_id'`: what a sink keys its records by. */
function keyColumns(plan: LogicalPlan, option: string, span: Span): readonly number[] {
  const names = plan.schema.fields.map((field) => field.name)
  return option.split(',').map((part) => {
    const index = names.indexOf(part.trim())
    if (index >= 0) return index
    return fail(span, 'UNKNOWN_COLUMN', `option "key" names "${part.trim()}", which the query does not have`, {
      hint: didYouMean(part.trim(), names, 'Its columns'),
    })
  })
}

/** `headers='trace'`: the column that becomes the headers of the records. */
function checkHeaders(name: string | undefined, { fields, key }: Schema, span: Span): void {
  if (name === undefined) return
  const index = fields.findIndex((field) => field.name === name)
  const field = fields[index]
  if (field === undefined) {
    const names = fields.map((one) => one.name)
    fail(span, 'UNKNOWN_COLUMN', `option "headers" names "${name}", which the query does not have`, {
      hint: didYouMean(name, names, 'Its columns'),
    })
  }
  if (!HEADER_TYPES.some((type) => sameType(type, field.type))) {
    const types = HEADER_TYPES.map(typeName).join(' or ')
    fail(span, 'TYPE_MISMATCH', `option "headers": column "${name}" is ${typeName(field.type)}, not ${types}`)
  }
  if (key.includes(index)) {
    fail(span, 'INVALID_KEY', `option "headers": column "${name}" is part of the key`, {
      hint: 'Give another column for the headers.',
    })
  }
  if (fields.length === 1) {
    fail(span, 'INVALID_QUERY', `option "headers": nothing is left for the record beside column "${name}"`, {
      hint: 'Select the columns of the record as well.',
    })
  }
}

/** `CREATE SINK s FROM v` as a query. */
function selectAll(name: Identifier): Query {
  const { span } = name
  return {
    kind: 'query',
    span,
    ctes: [],
    selects: [
      {
        kind: 'select',
        span,
        distinct: false,
        items: [{ kind: 'star', span, qualifier: undefined }],
        from: { kind: 'named-relation', span, name, alias: undefined },
        joins: [],
        window: undefined,
        where: undefined,
        groupBy: [],
        having: undefined,
      },
    ],
    lateness: undefined,
    late: undefined,
    emit: undefined,
    orderBy: [],
    limit: undefined,
  }
}

/** Rows that were written can't be taken back from a log of events. */
function checkRevisions(plan: LogicalPlan, format: FormatSpec, span: Span): void {
  if (plan.schema.mode === 'append') return
  if (format.envelope === 'upsert') {
    if (plan.schema.key.length > 0) return
    fail(span, 'INVALID_KEY', 'FORMAT UPSERT needs a key, and the rows of the query have none', {
      hint: 'Keep the grouped columns, and window_start or window_end, in the list of SELECT.',
    })
  }
  fail(span, 'REVISING_QUERY', 'the query revises its rows, and FORMAT PLAIN can only append', {
    hint:
      'One of three: EMIT FINAL, for windows, gives each row once; FORMAT UPSERT writes the newest row by key; ' +
      'CREATE MATERIALIZED VIEW keeps the rows up to date here.',
  })
}

/** The stream or table that INSERT names. */
export function writableRelation(target: Identifier, catalog: Catalog): SourceRelation {
  const relation = catalog.relation(target.name)
  if (relation === undefined || !('connector' in relation)) {
    const names = catalog.relations().flatMap((one) => ('connector' in one ? [one.name] : []))
    const what =
      relation === undefined
        ? 'there is no stream or table'
        : `rows can't be inserted into ${relation.kind.replaceAll('-', ' ')}`
    fail(target.span, 'UNKNOWN_RELATION', `${what} "${target.name}"`, { hint: didYouMean(target.name, names) })
  }
  if (relation.connector.kind !== 'embedded' && relation.connector.kind !== 'kafka') {
    fail(
      target.span,
      'INVALID_QUERY',
      `${relation.kind} "${target.name}" is read from connector "${relation.connector.kind}", which can't be written`,
    )
  }
  if (relation.format.envelope === 'debezium') {
    fail(target.span, 'INVALID_QUERY', `table "${target.name}" is written by its database alone (FORMAT DEBEZIUM)`)
  }
  return relation
}

/** The columns that INSERT writes, and for each of them which of the given values it takes. */
export function writableColumns(
  statement: Insert,
  relation: SourceRelation,
): { readonly fields: Schema['fields']; readonly positions: readonly (number | undefined)[] } {
  const fields = written(relation).map(({ name, type, nullable }) => ({ name, type, nullable }))
  return { fields, positions: insertColumns(statement, relation) }
}

export function insertTarget(statement: Insert, catalog: Catalog): Target {
  const { target, source } = statement
  if (source.kind !== 'query') fail(statement.span, 'INVALID_QUERY', 'INSERT … VALUES is no continuous query')
  const relation = writableRelation(target, catalog)
  const columns = insertColumns(statement, relation)
  return {
    query: source,
    queryOptions: new Map(),
    shape: (plan) => {
      const shaped = shapeFor(plan, relation, columns, statement)
      checkRevisions(shaped, relation.format, statement.span)
      return shaped
    },
    sink: (plan) => ({
      connector: relation.connector,
      format: relation.format,
      schema: relation.schema.key.length === 0 ? undefined : { ...plan.schema, key: writtenKey(relation) },
    }),
    retentionMs: undefined,
    retentionBytes: undefined,
  }
}

function written(relation: SourceRelation): SourceRelation['columns'] {
  return relation.columns.filter((one) => one.from === 'value')
}

function writtenKey(relation: SourceRelation): readonly number[] {
  const names = written(relation).map((one) => one.name)
  return relation.schema.key.map((index) => names.indexOf(relation.schema.fields[index]?.name ?? ''))
}

/** For each column that is written, which column of the query goes there. */
function insertColumns(statement: Insert, relation: SourceRelation): readonly (number | undefined)[] {
  const names = written(relation).map((one) => one.name)
  const list = statement.columns
  if (list === undefined) return names.map((_, i) => i)
  for (const one of list) {
    if (names.includes(one.name)) continue
    const exists = relation.columns.some((column) => column.name === one.name)
    fail(
      one.span,
      'UNKNOWN_COLUMN',
      exists
        ? `column "${one.name}" is not written, but computed`
        : `${relation.kind} "${relation.name}" has no column "${one.name}"`,
      {
        hint: didYouMean(one.name, names, 'Its columns'),
      },
    )
  }
  return names.map((name) => {
    const index = list.findIndex((one) => one.name === name)
    return index === -1 ? undefined : index
  })
}

function shapeFor(
  plan: LogicalPlan,
  relation: SourceRelation,
  columns: readonly (number | undefined)[],
  statement: Insert,
): LogicalPlan {
  const { fields } = plan.schema
  const given = columns.filter((one) => one !== undefined).length
  if (given !== fields.length) {
    fail(
      statement.source.span,
      'TYPE_MISMATCH',
      `${relation.kind} "${relation.name}" takes ${given} columns, and the query has ${fields.length}`,
    )
  }
  const targets = written(relation)
  const expressions = targets.map((target, i) => {
    const index = columns[i]
    const field = index === undefined ? undefined : fields[index]
    if (index === undefined || field === undefined) {
      if (target.nullable) return literal(null, target.type)
      return fail(statement.span, 'TYPE_MISMATCH', `column "${target.name}" can't be NULL, and has no value`)
    }
    if (castCost(field.type, target.type) === undefined) {
      const hint = canCast(field.type, target.type) ? `Cast it: CAST(… AS ${typeName(target.type)}).` : undefined
      fail(
        statement.source.span,
        'TYPE_MISMATCH',
        `column "${target.name}" is ${typeName(target.type)}, not ${typeName(field.type)}`,
        { hint },
      )
    }
    return castTo(column(index, field.type), target.type)
  })
  return project(
    plan,
    expressions,
    targets.map((one) => ({ name: one.name, nullable: one.nullable })),
  )
}
