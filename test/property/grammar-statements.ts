// Arbitrary statements; the expressions and queries in them are from grammar-arbitrary.ts.

import fc, { type Arbitrary } from 'fast-check'
import type { Statement } from '../../grammar/ast.ts'
import { column, expression, identifier, interval, literal, query, span, typeName } from './grammar-arbitrary.ts'

function node<K extends string, T extends object>(kind: K, parts: { readonly [P in keyof T]: Arbitrary<T[P]> }) {
  return fc.record(parts as Record<string, Arbitrary<unknown>>).map((built) => ({ kind, ...(built as T), span }))
}

const maybe = <T>(arbitrary: Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const few = <T>(arbitrary: Arbitrary<T>, minLength = 0) => fc.array(arbitrary, { minLength, maxLength: minLength + 2 })

const keys = fc.oneof(
  fc.constantFrom('connector', 'sink.delivery-guarantee', 'a.b.c', 'from', 'a.from', '', 'Topic'),
  fc.string({ maxLength: 8 }),
)
const property = node('property', { key: keys, keySpan: fc.constant(span), value: literal })
const properties = fc.uniqueArray(property, { minLength: 1, maxLength: 3, selector: ({ key }) => key })
const options = fc.oneof(fc.constant([]), properties)
const format = node('format', {
  envelope: fc.constantFrom('plain', 'upsert', 'debezium'),
  encoding: fc.constantFrom('json', 'avro', 'protobuf', 'csv', 'bytes'),
  properties: options,
})
const connector = node('connector', { properties, format: maybe(format) })
/** Streams and tables may go without. */
const optionalConnector = node('connector', { properties: options, format: maybe(format) })

const metadata = node('metadata', { key: maybe(fc.string()) })
const futureAction = fc.constantFrom('clamp', 'drop', 'dead-letter', undefined)
const watermark = node('watermark', {
  column: identifier,
  expression: maybe(expression),
  emit: maybe(fc.oneof(node('emit-on-event', {}), node('emit-periodic', { interval }))),
  idleTimeout: maybe(interval),
  maxFuture: maybe(node('max-future', { interval, action: futureAction })),
})
const element = fc.oneof(
  node('column-definition', {
    name: identifier,
    type: typeName,
    notNull: fc.boolean(),
    primaryKey: fc.boolean(),
    metadata: maybe(metadata),
  }),
  node('computed-column', { name: identifier, expression }),
  node('primary-key', { columns: few(identifier, 1) }),
  watermark,
)

const flags = fc.constantFrom(
  { orReplace: false, ifNotExists: false },
  { orReplace: true, ifNotExists: false },
  { orReplace: false, ifNotExists: true },
)

function create<K extends string, T extends object>(kind: K, parts: { readonly [P in keyof T]: Arbitrary<T[P]> }) {
  return fc.tuple(flags, node(kind, { ...parts, name: identifier })).map(([flag, built]) => ({ ...built, ...flag }))
}

const parameter = node('function-parameter', { name: identifier, type: typeName })
const signature = { parameters: few(parameter), returns: typeName }
const creates = [
  create('create-stream', { elements: few(element, 1), connector: optionalConnector }),
  create('create-table', { elements: few(element, 1), connector: optionalConnector }),
  create('create-stream', { elements: fc.constant([]), connector }),
  create('create-table', { elements: fc.constant([]), connector }),
  create('create-as', { object: fc.constantFrom('stream', 'table'), options, query }),
  create('create-materialized-view', { options, query }),
  create('create-view', { query }),
  create('create-sink', { input: fc.oneof(identifier, query), connector }),
  create('create-function', { ...signature, language: fc.constant(undefined), body: expression }),
  create('create-function', { ...signature, language: identifier, body: node('string', { value: fc.string() }) }),
  node('create-savepoint', { name: identifier, query: identifier }),
]

const rows = fc.array(few(expression, 1), { minLength: 1, maxLength: 2 })
const values = node('values', { rows })
const setProperties = node('set-properties', { properties })
const timestamp = literal.filter(({ kind }) => kind === 'timestamp')

const others = [
  node('insert', { target: identifier, columns: maybe(few(identifier, 1)), source: fc.oneof(values, query) }),
  node('show', {
    what: fc.constantFrom('streams', 'tables', 'materialized-views', 'sinks', 'queries', 'functions', 'topics'),
  }),
  node('describe', { extended: fc.boolean(), name: identifier }),
  node('drop', {
    object: fc.constantFrom(
      ...(['stream', 'table', 'materialized-view', 'view', 'sink', 'function', 'savepoint', 'query'] as const),
    ),
    ifExists: fc.boolean(),
    name: identifier,
    cascade: fc.boolean(),
  }),
  node('alter-query', {
    object: fc.constantFrom('query', 'materialized-view', 'sink'),
    query: identifier,
    action: fc.oneof(query, setProperties),
  }),
  node('alter-relation', {
    object: fc.constantFrom('stream', 'table'),
    name: identifier,
    action: fc.oneof(node('add-column', { column: identifier, type: typeName }), setProperties),
  }),
  node('lifecycle', { action: fc.constantFrom('pause', 'resume', 'terminate'), query: maybe(identifier) }),
  node('set', { property }),
  node('print', { topic: identifier, fromBeginning: fc.boolean(), limit: maybe(fc.bigInt({ min: 0n })) }),
  node('reset-query', { query: identifier, to: fc.oneof(fc.constant('earliest'), timestamp) }),
  node('assert-values', { deleted: fc.boolean(), name: identifier, columns: maybe(few(identifier, 1)), values }),
  node('advance-watermark', { name: identifier, to: fc.oneof(expression, column) }),
  node('advance-wallclock', { by: interval }),
]

const plain = fc.oneof(query, ...creates, ...others) as Arbitrary<Statement>

export const statement: Arbitrary<Statement> = fc.oneof(
  { arbitrary: plain, weight: 20 },
  {
    arbitrary: fc.oneof(
      node('explain', {
        mode: fc.constantFrom('plan', 'analyze', 'replace'),
        options: fc.constant([]),
        target: fc.oneof(identifier, plain),
      }),
      node('explain', { mode: fc.constant('flink'), options, target: fc.oneof(identifier, plain) }),
    ) as Arbitrary<Statement>,
    weight: 1,
  },
)
