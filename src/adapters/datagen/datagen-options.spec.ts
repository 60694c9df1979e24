import { expect, test } from 'vitest'
import { BIGINT, BOOLEAN, BYTES, DOUBLE, decimal, type SqlType, STRING, TIMESTAMP } from '../../core/type.ts'
import { CONNECTORS, DATAGEN_KINDS } from '../../plan/connectors.ts'
import { columnGenerator } from './column-generators.ts'
import { datagenOptions } from './datagen-options.ts'

/** Which options are asked for, while some have a value. */
function recorder(values: Readonly<Record<string, string>>, asked: Set<string>): Readonly<Record<string, string>> {
  return new Proxy(values, {
    get: (target, name) => {
      asked.add(String(name))
      return target[String(name)]
    },
  })
}

const TYPES: readonly SqlType[] = [BIGINT, decimal(10, 2), DOUBLE, STRING, BYTES, BOOLEAN, TIMESTAMP]

const VALUES: Readonly<Record<string, string>> = {
  'fields.c.values': '1,2',
  'fields.c.weights': '1,2',
  'fields.c.value': '1',
  'fields.c.cardinality': '5',
  'fields.c.end': '100',
}

function without(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(VALUES).filter(([name]) => !names.includes(name)))
}

test('the options of the connector in CREATE STREAM are those that the generator reads', () => {
  const asked = new Set<string>()
  datagenOptions(recorder({}, asked))
  expect([...asked].sort()).toEqual(Object.keys(CONNECTORS['datagen']?.options ?? {}).sort())
})

test('so are the options of a column', () => {
  const asked = new Set<string>()
  for (const kind of [undefined, ...DATAGEN_KINDS]) {
    for (const type of TYPES) {
      for (const values of [VALUES, without('fields.c.weights', 'fields.c.end'), {}]) {
        const options = recorder(kind === undefined ? values : { ...values, 'fields.c.kind': kind }, asked)
        try {
          columnGenerator('c', type, options, 0)(0, 0)
        } catch {
          // Not every kind can make every type.
        }
      }
    }
  }
  const read = [...asked].map((name) => name.replace('fields.c.', ''))
  expect(read.sort()).toEqual(Object.keys(CONNECTORS['datagen']?.fields ?? {}).sort())
})

test.each(DATAGEN_KINDS)('kind %s of the planner is one of the generator', (kind) => {
  const type = kind === 'time' || kind === 'event-time' ? TIMESTAMP : STRING
  const options = { 'fields.c.kind': kind, 'fields.c.values': 'a,b', 'fields.c.value': 'a' }
  const generate = columnGenerator('c', type, options, 0)
  expect(generate(3, 1000)).toEqual(generate(3, 1000))
})
