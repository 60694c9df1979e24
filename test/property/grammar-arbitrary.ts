// Arbitrary syntax trees, every kind of node among them, that keep the invariants of ast.ts: AND and OR are flat,
// an alias is where the grammar requires one. Spans are all the same; `withoutSpans` takes them off a parsed tree.

import fc, { type Arbitrary } from 'fast-check'
import type {
  Expression,
  Identifier,
  Interval,
  Literal,
  Pattern,
  Query,
  Relation,
  TypeName,
} from '../../grammar/ast.ts'
import { NO_BARE_ALIAS, NON_RESERVED, RESERVED, TIME_UNITS } from '../../grammar/keywords.ts'

export const span = { start: 0, end: 0, line: 1, column: 1 } as const

export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'span' && key !== 'keySpan')
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutSpans(part)]))
}

/** A node of that kind with arbitrary parts. */
function node<K extends string, T extends object>(kind: K, parts: { readonly [P in keyof T]: Arbitrary<T[P]> }) {
  return fc.record(parts as Record<string, Arbitrary<unknown>>).map((built) => ({ kind, ...(built as T), span }))
}

const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, depthSize: 'small' })
const few = <T>(arbitrary: Arbitrary<T>, minLength = 0) => fc.array(arbitrary, { minLength, maxLength: minLength + 2 })
const nothing = fc.constant(undefined)

// ---- leaves --------------------------------------------------------------------------------------------------

const names = fc.oneof(
  fc.stringMatching(/^[a-z_][a-z0-9_$]{0,8}$/),
  fc.constantFrom<string>(...RESERVED, ...NO_BARE_ALIAS, ...NON_RESERVED, ...TIME_UNITS),
  fc.constantFrom('current_date', 'localtimestamp', 'Orders', 'a b', 'say "hi"', '`', 'ключ', '1a', 'a.b', '--', "'"),
  fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
)
export const identifier: Arbitrary<Identifier> = names.map((name) => ({ kind: 'identifier', name, span }))

export const interval: Arbitrary<Interval> = node('interval', {
  months: fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 })),
  ms: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -100, max: 100 }).map((n) => n * 60_000),
    fc.integer({ min: -100, max: 100 }).map((n) => n * 604_800_000),
    fc.maxSafeInteger(),
  ),
})

const two = (value: number) => String(value).padStart(2, '0')
const dates = fc.date({
  min: new Date('0100-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
})
const timestamp = dates.map((date) => {
  const text = date.toISOString().replace('T', ' ').replace('Z', '')
  return { kind: 'timestamp', text, epochMs: date.getTime(), span } as const
})
const date = dates.map((value) => {
  const text = value.toISOString().slice(0, 10)
  return { kind: 'date', text, epochDays: Math.floor(value.getTime() / 86_400_000), span } as const
})
const time = fc.tuple(fc.nat(23), fc.nat(59), fc.nat(59)).map(([hour, minute, second]) => {
  const text = `${two(hour)}:${two(minute)}:${two(second)}`
  return { kind: 'time', text, dayMs: ((hour * 60 + minute) * 60 + second) * 1000, span } as const
})

export const literal: Arbitrary<Literal> = fc.oneof(
  node('integer', { value: fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt()) }),
  node('decimal', { text: fc.stringMatching(/^-?([0-9]{1,5}\.[0-9]{0,5}|\.[0-9]{1,5})$/) }),
  node('double', { text: fc.stringMatching(/^-?[0-9]{1,4}(\.[0-9]{0,3})?[eE][+-]?[0-9]{1,2}$/) }),
  node('string', { value: fc.oneof(fc.string(), fc.constantFrom("it's", "''", '--', '/*', ';', '\n', '$$')) }),
  node('boolean', { value: fc.boolean() }),
  node('null', {}),
  timestamp,
  date,
  time,
  interval,
)

export const { type: typeName } = fc.letrec<{ type: TypeName }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'type' },
    node('scalar-type', {
      name: fc.constantFrom(
        ...(['boolean', 'int', 'bigint', 'double', 'string', 'bytes', 'date', 'time', 'timestamp', 'json'] as const),
      ),
    }),
    fc.tuple(maybe(fc.nat(38)), maybe(fc.nat(38))).map(([precision, scale]) => ({
      kind: 'decimal-type' as const,
      precision,
      scale: precision === undefined ? undefined : scale,
      span,
    })),
    node('array-type', { element: tie('type') }),
    node('map-type', { key: tie('type'), value: tie('type') }),
    node('struct-type', { fields: few(node('struct-type-field', { name: identifier, type: tie('type') }), 1) }),
  ),
}))

export const column = node('column', { path: few(identifier, 1) })

// ---- expressions and queries ---------------------------------------------------------------------------------

interface Recursive {
  expression: Expression
  query: Query
  relation: Relation
  pattern: Pattern
}

type Tie = <K extends keyof Recursive>(key: K) => Arbitrary<Recursive[K]>

const recursive = fc.letrec<Recursive>((tieUnsafe) => {
  const tie = tieUnsafe as Tie
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'tree', withCrossShrink: true },
      fc.oneof(
        literal,
        column,
        node('parameter', { name: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('id', 'a_1')) }),
      ),
      ...operators(tie('expression')),
      ...predicates(tie('expression'), tie('query')),
      ...structures(tie('expression')),
      call(tie('expression')),
      fc.oneof(node('exists', { query: tie('query') }), node('subquery', { query: tie('query') })),
    ) as Arbitrary<Expression>,
    query: queryOf(tie),
    relation: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'tree' },
      node('named-relation', { name: identifier, alias: maybe(identifier) }),
      node('derived-relation', { query: tie('query'), lateral: fc.boolean(), alias: identifier }),
      ...tableFunctions(tie),
      matchRecognize(tie),
    ) as Arbitrary<Relation>,
    pattern: patternOf(tie('pattern')),
  }
})

export const { expression, query } = recursive

function operators(inner: Arbitrary<Expression>) {
  const logical = (operator: 'and' | 'or') =>
    few(inner, 2).map((parts) => ({
      kind: 'logical' as const,
      operator,
      operands: parts.flatMap((part) =>
        part.kind === 'logical' && part.operator === operator ? part.operands : [part],
      ),
      span,
    }))
  return [
    node('unary', { operator: fc.constantFrom('-' as const, '+' as const, 'not' as const), operand: inner }),
    node('binary', {
      operator: fc.constantFrom(...(['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '||'] as const)),
      left: inner,
      right: inner,
    }),
    logical('and'),
    logical('or'),
    node('cast', { operand: inner, type: typeName, safe: fc.boolean() }),
  ]
}

function predicates(inner: Arbitrary<Expression>, subquery: Arbitrary<Query>) {
  const negated = fc.boolean()
  return [
    node('is-null', { operand: inner, negated }),
    node('is-boolean', { operand: inner, value: fc.boolean(), negated }),
    node('is-distinct', { left: inner, right: inner, negated }),
    node('in-list', { operand: inner, list: few(inner, 1), negated }),
    node('in-query', { operand: inner, query: subquery, negated }),
    node('like', { operand: inner, pattern: inner, escape: maybe(inner), ignoreCase: fc.boolean(), negated }),
    node('between', { operand: inner, low: inner, high: inner, negated }),
  ]
}

function structures(inner: Arbitrary<Expression>) {
  // biome-ignore lint/suspicious/noThenProperty: the field of the tree that is built here.
  const branch = node('case-branch', { when: inner, then: inner })
  return [
    node('case', { operand: maybe(inner), branches: few(branch, 1), otherwise: maybe(inner) }),
    node('field', { object: inner, field: identifier }),
    node('index', { object: inner, index: inner }),
    node('json-access', { object: inner, key: inner, asText: fc.boolean() }),
    node('array', { elements: few(inner) }),
    node('map', { entries: few(node('map-entry', { key: inner, value: inner })) }),
    node('struct', { fields: few(node('struct-field', { name: identifier, value: inner }), 1) }),
  ]
}

function orderItem(inner: Arbitrary<Expression>) {
  const nulls = fc.constantFrom('first' as const, 'last' as const, undefined)
  return node('order-item', { expression: inner, descending: fc.boolean(), nulls })
}

function call(inner: Arbitrary<Expression>) {
  const bound = fc.oneof(
    node('frame-bound', { edge: fc.constant('current-row' as const), distance: nothing }),
    node('frame-bound', { edge: fc.constantFrom('preceding' as const, 'following' as const), distance: maybe(inner) }),
  )
  const frame = node('frame', { mode: fc.constantFrom('rows' as const, 'range' as const), from: bound, to: bound })
  const over = node('over', { partitionBy: few(inner), orderBy: few(orderItem(inner)), frame: maybe(frame) })
  const common = { name: identifier, filter: maybe(inner), over: maybe(over) }
  return fc.oneof(
    node('call', {
      ...common,
      star: fc.constant(false),
      distinct: fc.boolean(),
      arguments: few(node('argument', { name: maybe(identifier), value: inner })),
      orderBy: few(orderItem(inner)),
    }),
    node('call', {
      ...common,
      star: fc.constant(true),
      distinct: fc.constant(false),
      arguments: fc.constant([]),
      orderBy: fc.constant([]),
    }),
  )
}

// ---- windows and relations -----------------------------------------------------------------------------------

function windows(isPlain: boolean) {
  const extra = isPlain ? nothing : maybe(interval)
  const plain = [
    node('tumble', { size: interval, offset: extra }),
    node('hop', { slide: interval, size: interval, offset: extra }),
    node('session', { gap: interval, max: extra }),
  ]
  return isPlain
    ? fc.oneof(...plain)
    : fc.oneof(...plain, node('cumulate', { step: interval, size: interval, offset: extra }))
}

function tableFunctions(tie: Tie) {
  const input = fc.oneof(
    node('named-relation', { name: identifier, alias: nothing }),
    node('derived-relation', { query: tie('query'), lateral: fc.constant(false), alias: nothing }),
  )
  const common = { input, alias: maybe(identifier) }
  return [
    node('window-relation', { ...common, window: windows(false), partitionBy: few(column), time: column }),
    node('deduplicate-relation', {
      ...common,
      partitionBy: few(column, 1),
      time: maybe(column),
      within: maybe(interval),
    }),
    node('changelog-relation', {
      ...common,
      direction: fc.constant('from' as const),
      partitionBy: few(column, 1),
      op: maybe(column),
    }),
    node('changelog-relation', {
      ...common,
      direction: fc.constant('to' as const),
      partitionBy: fc.constant([]),
      op: maybe(column),
    }),
    fc
      .tuple(tie('expression'), fc.boolean(), maybe(identifier), few(identifier))
      .map(([unnested, ordinality, alias, columns]) => ({
        kind: 'unnest-relation' as const,
        expression: unnested,
        ordinality,
        alias,
        columns: alias === undefined ? [] : columns,
        span,
      })),
  ]
}

function matchRecognize(tie: Tie) {
  const skip = fc.oneof(
    node('after-match', { skip: fc.constantFrom('past-last-row', 'to-next-row'), variable: nothing }),
    node('after-match', { skip: fc.constantFrom('to-first', 'to-last'), variable: identifier }),
  )
  return node('match-recognize', {
    input: node('named-relation', { name: identifier, alias: nothing }),
    partitionBy: few(tie('expression')),
    orderBy: few(orderItem(tie('expression'))),
    measures: few(node('select-item', { expression: tie('expression'), alias: identifier })),
    rows: fc.constantFrom('one' as const, 'all' as const, undefined),
    afterMatch: maybe(skip),
    pattern: tie('pattern'),
    within: maybe(interval),
    defines: few(node('pattern-definition', { variable: identifier, condition: tie('expression') })),
    alias: maybe(identifier),
  })
}

function patternOf(inner: Arbitrary<Pattern>): Arbitrary<Pattern> {
  const counts = fc.tuple(fc.nat(5), maybe(fc.nat(5))).map(([min, more]) => {
    const max = more === undefined ? undefined : Math.max(1, min + more)
    return { min, max }
  })
  return fc.oneof(
    { maxDepth: 3, depthIdentifier: 'pattern' },
    node('pattern-variable', { name: identifier }),
    node('pattern-sequence', { parts: few(inner, 2) }),
    node('pattern-choice', { options: few(inner, 2) }),
    fc.tuple(inner, counts, fc.boolean()).map(([part, { min, max }, greedy]) => ({
      kind: 'pattern-repeat' as const,
      part,
      min,
      max,
      greedy,
      span,
    })),
  ) as Arbitrary<Pattern>
}

function joinOf(tie: Tie) {
  const condition = fc.oneof(
    node('join-on', { expression: tie('expression') }),
    node('join-using', { columns: few(identifier, 1) }),
  )
  const within = fc.oneof(
    interval.chain((both) =>
      node('within', { before: fc.constant(both), after: fc.constant(both), grace: maybe(interval) }),
    ),
    node('within', { before: interval, after: interval, grace: maybe(interval) }),
  )
  return fc.oneof(
    node('join', {
      type: fc.constantFrom('inner' as const, 'left' as const, 'right' as const, 'full' as const),
      relation: tie('relation'),
      asOf: maybe(node('as-of', { time: maybe(column) })),
      within: maybe(within),
      condition,
    }),
    node('join', {
      type: fc.constant('cross' as const),
      relation: tie('relation'),
      asOf: nothing,
      within: nothing,
      condition: nothing,
    }),
  )
}

function selectOf(tie: Tie) {
  const item = fc.oneof(
    node('select-item', { expression: tie('expression'), alias: maybe(identifier) }),
    node('star', { qualifier: maybe(identifier) }),
  )
  const clause = node('window-clause', { window: windows(true), retention: maybe(interval), grace: maybe(interval) })
  const group = fc.oneof(tie('expression'), node('window-group', { time: column, window: windows(false) }))
  const common = {
    distinct: fc.boolean(),
    items: few(item, 1),
    where: maybe(tie('expression')),
    groupBy: few(group),
    having: maybe(tie('expression')),
  }
  return fc.oneof(
    node('select', { ...common, from: tie('relation'), joins: few(joinOf(tie)), window: maybe(clause) }),
    node('select', { ...common, from: nothing, joins: fc.constant([]), window: nothing }),
  )
}

function queryOf(tie: Tie): Arbitrary<Query> {
  const emit = fc.oneof(
    node('emit', {
      mode: fc.constantFrom('changes' as const, 'final' as const, 'on-window-close' as const),
      every: maybe(interval),
    }),
    node('emit', { mode: nothing, every: interval }),
  )
  const built = node('query', {
    ctes: few(node('common-table', { name: identifier, query: tie('query') })),
    selects: few(selectOf(tie), 1),
    lateness: maybe(interval),
    late: maybe(node('late-rows', { into: maybe(identifier) })),
    emit: maybe(emit),
    orderBy: few(orderItem(tie('expression'))),
    limit: maybe(fc.bigInt({ min: 0n })),
  })
  const smallest = node('select-item', { expression: column, alias: nothing }).map((item) => ({
    kind: 'query',
    ctes: [],
    selects: [
      {
        kind: 'select',
        distinct: false,
        items: [item],
        from: undefined,
        joins: [],
        window: undefined,
        where: undefined,
        groupBy: [],
        having: undefined,
        span,
      },
    ],
    lateness: undefined,
    late: undefined,
    emit: undefined,
    orderBy: [],
    limit: undefined,
    span,
  }))
  return fc.oneof({ maxDepth: 2, depthIdentifier: 'tree' }, smallest, built) as Arbitrary<Query>
}
