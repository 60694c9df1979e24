// Plans as JSON text and back. What comes from disk is checked part by part, because a plan that is only almost right
// would run and be wrong: shapes by zod, then that steps and columns which are referred to exist.

import { z } from 'zod'
import { AppError } from '../../core/errors.ts'
import { newerFormat } from '../../core/newer-format.ts'
import type { SqlType } from '../../core/type.ts'
import { wrongReference } from './check-references.ts'
import type { Expression, LiteralJson } from './expression.ts'
import type { RowPattern } from './match-steps.ts'
import { PHYSICAL_PLAN_VERSION, type PhysicalPlan } from './nodes.ts'

export function encodePlan(plan: PhysicalPlan): string {
  return JSON.stringify(plan)
}

/** Throws AppError DATA_DIRECTORY_NEWER for the plan of a later release, DATA_DIRECTORY_CORRUPT for what is no plan. */
export function decodePlan(text: string): PhysicalPlan {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw corrupt('it is not JSON', error)
  }
  const { version } = versionOnly.safeParse(json).data ?? { version: undefined }
  if (version !== undefined && version > PHYSICAL_PLAN_VERSION) {
    throw newerFormat('a stored plan', version, PHYSICAL_PLAN_VERSION)
  }
  const parsed = physicalPlan.safeParse(json)
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error))
  const plan = parsed.data as PhysicalPlan
  const wrong = wrongReference(plan)
  if (wrong !== undefined) throw corrupt(wrong)
  return plan
}

function corrupt(reason: string, cause?: unknown): AppError {
  return new AppError('DATA_DIRECTORY_CORRUPT', `a stored plan can't be read: ${reason}`, {
    domain: 'external',
    hint: 'Restore the data directory from a backup, or create the query again.',
    cause,
  })
}

const versionOnly = z.object({ version: z.number() })
const position = z.number().int().min(0)
const durationMs = z.number().min(0)
const positions = z.array(position)
const options = z.record(z.string(), z.string())
// JSON leaves undefined out; zod gives the key back where it is optional.
const optional = <T extends z.ZodType>(type: T) =>
  type.optional().transform((value) => value as z.output<T> | undefined)

const sqlType: z.ZodType<SqlType> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.enum([
        'boolean',
        'int',
        'bigint',
        'double',
        'string',
        'bytes',
        'date',
        'time',
        'timestamp',
        'interval',
        'json',
        'null',
      ]),
    }),
    z.strictObject({ kind: z.literal('decimal'), precision: z.number().int(), scale: z.number().int() }),
    z.strictObject({ kind: z.literal('array'), element: sqlType }),
    z.strictObject({ kind: z.literal('map'), key: sqlType, value: sqlType }),
    z.strictObject({
      kind: z.literal('struct'),
      fields: z.array(z.strictObject({ name: z.string(), type: sqlType })),
    }),
  ]),
) as z.ZodType<SqlType>

const literalJson: z.ZodType<LiteralJson> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.string(),
    z.strictObject({ $integer: z.string().regex(/^-?\d+$/) }),
    z.strictObject({ $bytes: z.string() }),
    z.strictObject({ $double: z.enum(['NaN', 'Infinity', '-Infinity']) }),
    z.array(literalJson),
  ]),
)

const expression: z.ZodType<Expression> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('column'), index: position, type: sqlType }),
    z.strictObject({ kind: z.literal('literal'), value: literalJson, type: sqlType }),
    z.strictObject({
      kind: z.literal('call'),
      function: z.string().regex(/^[a-z][a-z0-9_]*$/),
      arguments: z.array(expression),
      type: sqlType,
    }),
    z.strictObject({ kind: z.enum(['and', 'or']), operands: z.array(expression).min(2), type: sqlType }),
    z.strictObject({ kind: z.literal('not'), operand: expression, type: sqlType }),
    z.strictObject({ kind: z.literal('is-null'), operand: expression, negated: z.boolean(), type: sqlType }),
    z.strictObject({
      kind: z.literal('case'),
      // biome-ignore lint/suspicious/noThenProperty: SQL's word, in a shape that nobody awaits
      branches: z.array(z.strictObject({ when: expression, then: expression })),
      otherwise: expression,
      type: sqlType,
    }),
    z.strictObject({ kind: z.literal('cast'), operand: expression, safe: z.boolean(), type: sqlType }),
    z.strictObject({ kind: z.literal('field'), operand: expression, index: position, type: sqlType }),
  ]),
) as z.ZodType<Expression>

const schema = z.strictObject({
  fields: z.array(z.strictObject({ name: z.string(), type: sqlType, nullable: z.boolean() })),
  key: positions,
  timeColumn: optional(position),
  mode: z.enum(['append', 'upsert', 'retract']),
})

const connector = z.strictObject({
  kind: z.enum([
    'embedded',
    'kafka',
    'file',
    'datagen',
    'postgres',
    'redis',
    'blackhole',
    'print',
    'result',
    'rows',
    'exchange',
  ]),
  options,
})

const format = z.strictObject({
  envelope: z.enum(['plain', 'upsert', 'debezium']),
  encoding: z.enum(['json', 'csv', 'avro', 'protobuf', 'bytes', 'rows', 'dead-letter']),
  options,
})

const watermark = z.strictObject({
  timeColumn: position,
  expression,
  emit: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('on-event') }),
    z.strictObject({ kind: z.literal('periodic'), intervalMs: durationMs }),
  ]),
  idleTimeoutMs: optional(durationMs),
  maxFutureMs: optional(durationMs),
  maxFutureAction: z.enum(['clamp', 'drop', 'dead-letter']),
})

const offset = z.number().int().nonnegative()

const startup = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('earliest') }),
  z.strictObject({ kind: z.literal('latest') }),
  z.strictObject({ kind: z.literal('timestamp'), timestampMs: z.number() }),
  z.strictObject({
    kind: z.literal('group-offsets'),
    group: z.string(),
    otherwise: z.enum(['earliest', 'latest', 'none']),
  }),
  z.strictObject({ kind: z.literal('offsets'), offsets: z.union([z.array(offset), z.record(z.string(), offset)]) }),
])

const window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tumble'), sizeMs: durationMs, offsetMs: z.number() }),
  z.strictObject({ kind: z.literal('hop'), slideMs: durationMs, sizeMs: durationMs, offsetMs: z.number() }),
  z.strictObject({ kind: z.literal('cumulate'), stepMs: durationMs, sizeMs: durationMs, offsetMs: z.number() }),
])

const latePolicy = z.strictObject({ allowedLatenessMs: durationMs, into: optional(z.string()), columns: positions })
const emit = z.strictObject({ mode: z.enum(['changes', 'on-window-close', 'final']), everyMs: optional(durationMs) })
const time = z.enum(['event', 'processing'])

const aggregate = z.strictObject({
  function: z.string(),
  arguments: positions,
  argumentTypes: z.array(sqlType),
  constants: z.array(expression),
  distinct: z.boolean(),
  filter: optional(position),
  type: sqlType,
})

const rowPattern: z.ZodType<RowPattern> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('variable'), variable: position }),
    z.strictObject({ kind: z.literal('sequence'), parts: z.array(rowPattern) }),
    z.strictObject({ kind: z.literal('choice'), options: z.array(rowPattern) }),
    z.strictObject({
      kind: z.literal('repeat'),
      part: rowPattern,
      min: position,
      max: optional(position),
      greedy: z.boolean(),
    }),
  ]),
) as z.ZodType<RowPattern>

const matchValue = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('row'),
    from: z.enum(['first', 'last']),
    variable: optional(position),
    offset: position,
    column: position,
    type: sqlType,
  }),
  z.strictObject({ kind: z.literal('aggregate'), variable: optional(position), call: aggregate }),
])

const base = { id: z.string(), version: z.literal(1), inputs: z.array(z.string()), schema }
const aggregateInput = optional(z.enum(['rows', 'partials']))
const joined = { ...base, leftKeys: positions, rightKeys: positions, condition: optional(expression) }
const grouped = { ...base, keys: positions, aggregates: z.array(aggregate), retractions: z.boolean(), emit }

const step = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('scan'),
    relation: z.string(),
    connector,
    format,
    fields: z.array(
      z.strictObject({
        name: z.string(),
        type: sqlType,
        nullable: z.boolean(),
        from: z.enum(['value', 'key', 'timestamp', 'offset', 'partition', 'headers', 'topic', 'envelope']),
        path: z.array(z.string()),
      }),
    ),
    computed: z.array(expression),
    watermark: optional(watermark),
    onError: z.enum(['dead-letter', 'skip', 'fail']),
    deadLetter: optional(z.string()),
    startup,
    bootstrap: optional(z.boolean()),
    topics: optional(z.array(z.strictObject({ name: z.string(), partitions: z.number().int().positive() }))),
  }),
  z.strictObject({ ...base, kind: z.literal('filter'), predicate: expression, byKey: optional(z.boolean()) }),
  z.strictObject({ ...base, kind: z.literal('project'), expressions: z.array(expression) }),
  z.strictObject({ ...base, kind: z.literal('union') }),
  z.strictObject({
    ...base,
    kind: z.literal('over'),
    keys: positions,
    aggregates: z.array(aggregate),
    frame: z.strictObject({
      unit: z.enum(['rows', 'range']),
      preceding: optional(z.number().nonnegative()),
      following: optional(z.number()),
    }),
    latePolicy: optional(latePolicy),
    neighbours: optional(
      z.array(z.strictObject({ argument: position, offset: z.number().int(), otherwise: optional(position) })),
    ),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('match-recognize'),
    keys: positions,
    variables: z.array(z.string()),
    pattern: rowPattern,
    withinMs: optional(durationMs),
    afterMatch: z.union([
      z.strictObject({ to: z.enum(['past-last-row', 'next-row']) }),
      z.strictObject({ to: z.enum(['first', 'last']), variable: position }),
    ]),
    values: z.array(matchValue),
    conditions: z.array(expression),
    measures: z.array(expression),
    latePolicy,
  }),
  z.strictObject({ ...base, kind: z.literal('unnest'), expression, ordinality: z.boolean(), outer: z.boolean() }),
  z.strictObject({ ...base, kind: z.literal('to-changelog'), timed: z.boolean() }),
  z.strictObject({ ...base, kind: z.literal('from-changelog'), op: position, keys: positions }),
  z.strictObject({ ...base, kind: z.literal('exchange'), keys: positions }),
  z.strictObject({ ...base, kind: z.literal('normalize'), keys: positions }),
  z.strictObject({ ...base, kind: z.literal('reorder'), keys: positions }),
  z.strictObject({
    ...joined,
    kind: z.literal('interval-join'),
    type: z.enum(['inner', 'left', 'right', 'full']),
    lowerMs: z.number(),
    upperMs: z.number(),
    latePolicy,
  }),
  z.strictObject({
    ...joined,
    kind: z.literal('temporal-join'),
    type: z.enum(['inner', 'left', 'semi', 'anti']),
    row: z.enum(['latest', 'latest-rows', 'as-of']),
    waitMs: optional(durationMs),
    latePolicy,
  }),
  z.strictObject({
    ...joined,
    kind: z.literal('table-join'),
    type: z.enum(['inner', 'left', 'right', 'full', 'semi', 'anti']),
    retractions: z.boolean(),
    final: z.boolean(),
    ttlMs: optional(durationMs),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('lookup-join'),
    type: z.enum(['inner', 'left']),
    leftKeys: positions,
    condition: optional(expression),
    relation: z.string(),
    connector,
    columns: z.array(z.strictObject({ name: z.string(), type: sqlType, nullable: z.boolean() })),
    keys: positions,
  }),
  z.strictObject({ ...base, kind: z.literal('window-assign'), window, time, latePolicy }),
  z.strictObject({
    ...base,
    kind: z.literal('local-aggregate'),
    keys: positions,
    aggregates: z.array(aggregate),
    window: optional(window),
    allowedLatenessMs: durationMs,
    lateAlone: z.boolean(),
  }),
  z.strictObject({ ...grouped, kind: z.literal('window-aggregate'), window, time, latePolicy, input: aggregateInput }),
  z.strictObject({
    ...grouped,
    kind: z.literal('session-aggregate'),
    gapMs: durationMs,
    maxMs: optional(durationMs),
    time,
    latePolicy,
  }),
  z.strictObject({
    ...grouped,
    kind: z.literal('group-aggregate'),
    ttlMs: optional(durationMs),
    input: aggregateInput,
  }),
  z.strictObject({
    ...base,
    kind: z.literal('deduplicate'),
    keys: positions,
    keep: z.enum(['first', 'earliest', 'last']),
    withinMs: optional(durationMs),
    latePolicy,
    ttlMs: optional(durationMs),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('top-n'),
    partitionBy: positions,
    orderBy: z.array(z.strictObject({ column: position, descending: z.boolean(), nullsFirst: z.boolean() })),
    limit: z.number().int().min(1),
    withRank: z.boolean(),
    retractions: z.boolean(),
    windowEndColumn: optional(position),
    ttlMs: optional(durationMs),
  }),
  z.strictObject({ ...base, kind: z.literal('limit'), count: z.number().int().min(0) }),
  z.strictObject({ ...base, kind: z.literal('throttle'), keys: positions, everyMs: durationMs }),
  z.strictObject({ ...base, kind: z.literal('sink'), connector, format }),
])

const physicalPlan = z.strictObject({
  version: z.literal(PHYSICAL_PLAN_VERSION),
  steps: z.array(step).min(1),
  schema,
  options: z.strictObject({
    guarantee: z.enum(['exactly-once', 'at-least-once', 'at-most-once']),
    checkpointIntervalMs: durationMs,
    stateTtlMs: optional(durationMs),
  }),
})
