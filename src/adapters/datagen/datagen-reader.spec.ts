import { describe, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { BIGINT, decimal, INT, type SqlType, STRING, TIMESTAMP } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { DatagenReader } from './datagen-reader.ts'

const field = (name: string, type: SqlType): SourceField => ({
  name,
  type,
  nullable: true,
  from: 'value',
  path: [name],
})
const FIELDS = [field('id', BIGINT), field('region', STRING), field('amount', decimal(12, 2)), field('ts', TIMESTAMP)]
const OPTIONS = {
  'number-of-rows': '5000',
  seed: '7',
  'fields.id.kind': 'sequence',
  'fields.region.values': 'eu,us,ap',
  'fields.region.weights': '8,1,1',
  'fields.amount.min': '1.5',
  'fields.amount.max': '2.5',
}

function rowsOf(reader: DatagenReader, partition: number, from: number, step: number): Value[][] {
  const rows: Value[][] = []
  for (let offset = from; ; ) {
    const chunk = reader.read(partition, offset, step, 0)
    if (chunk === undefined) return rows
    for (let i = 0; i < chunk.count; i++) rows.push((chunk.columns ?? []).map((column) => column[i] as Value))
    offset = chunk.nextOffset
    if (chunk.end) return rows
  }
}

describe('datagen', () => {
  test('a row follows from its number: in any chunks, from any position, by any reader', () => {
    const all = rowsOf(new DatagenReader(OPTIONS, FIELDS), 0, 0, 1024)
    expect(all).toHaveLength(5000)
    expect(rowsOf(new DatagenReader(OPTIONS, FIELDS), 0, 0, 7)).toEqual(all)
    expect(rowsOf(new DatagenReader(OPTIONS, FIELDS), 0, 1234, 100)).toEqual(all.slice(1234))
    expect(rowsOf(new DatagenReader({ ...OPTIONS, seed: '8' }, FIELDS), 0, 0, 1024)).not.toEqual(all)
    // Fewer columns do not change the others.
    const pruned = rowsOf(new DatagenReader(OPTIONS, FIELDS.slice(2, 3)), 0, 0, 1024)
    expect(pruned.map(([amount]) => amount)).toEqual(all.map((row) => row[2]))
  })

  test('partitions share the rows among them', () => {
    const all = rowsOf(new DatagenReader(OPTIONS, FIELDS), 0, 0, 1024)
    const reader = new DatagenReader({ ...OPTIONS, partitions: '3' }, FIELDS)
    expect(reader.partitions).toEqual([0, 1, 2])
    for (const partition of reader.partitions) {
      expect(rowsOf(reader, partition, 0, 1024)).toEqual(all.filter((_, row) => row % 3 === partition))
    }
  })

  test('kinds keep to their bounds and weights', () => {
    const rows = rowsOf(new DatagenReader(OPTIONS, FIELDS), 0, 0, 1024)
    expect(rows.map((row) => row[0])).toEqual(rows.map((_, i) => i))
    const eu = rows.filter((row) => row[1] === 'eu').length
    expect(eu).toBeGreaterThan(3900)
    expect(eu).toBeLessThan(4100)
    const amounts = rows.map((row) => row[2] as number)
    expect(Math.min(...amounts)).toBe(150)
    expect(Math.max(...amounts)).toBe(250)
    const options = {
      'number-of-rows': '3000',
      'fields.s.cardinality': '10',
      'fields.s.prefix': 'u-',
      'fields.s.length': '5',
      'fields.z.max': '99',
      'fields.z.distribution': 'zipf',
      'fields.u.kind': 'uuid',
      'fields.c.kind': 'constant',
      'fields.c.value': '42',
      'fields.q.kind': 'sequence',
      'fields.q.start': '5',
      'fields.q.end': '7',
      'fields.n.null-rate': '0.5',
    }
    const columns = ['s', 'z', 'u', 'c', 'q', 'n'].map((name) =>
      field(name, name === 's' || name === 'u' ? STRING : INT),
    )
    const others = rowsOf(new DatagenReader(options, columns), 0, 0, 1024)
    expect(new Set(others.map((row) => row[0])).size).toBe(10)
    expect(others[0]?.[0]).toMatch(/^u-[a-z]{5}$/)
    const zeros = others.filter((row) => row[1] === 0).length
    expect(zeros).toBeGreaterThan(350)
    expect(others.every((row) => (row[1] as number) >= 0 && (row[1] as number) <= 99)).toBe(true)
    expect(new Set(others.map((row) => row[2])).size).toBe(3000)
    expect(others[5]?.[2]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(others[9]?.[3]).toBe(42)
    expect(others.slice(0, 4).map((row) => row[4])).toEqual([5, 6, 7, 5])
    const nulls = others.filter((row) => row[5] === null).length
    expect(nulls).toBeGreaterThan(1350)
    expect(nulls).toBeLessThan(1650)
  })

  test('event time goes with the rate; disorder and lateness go back from it', () => {
    const options = { 'number-of-rows': '1000', 'rows-per-second': '100', 'start-time': '2024-01-01T00:00:00Z' }
    const start = Date.UTC(2024, 0, 1)
    const times = (more: Record<string, string>) => {
      const reader = new DatagenReader({ ...options, ...more }, [field('ts', TIMESTAMP)])
      reader.read(0, 0, 1, 0)
      const chunk = reader.read(0, 0, 1000, 1e9)
      expect([...(chunk?.timestamps ?? [])]).toEqual(chunk?.columns?.[0])
      return chunk?.columns?.[0] as number[]
    }
    expect(times({})).toEqual(Array.from({ length: 1000 }, (_, i) => start + i * 10))
    const disordered = times({ disorder: '50' }).map((time, i) => start + i * 10 - time)
    expect(Math.min(...disordered)).toBe(0)
    expect(Math.max(...disordered)).toBe(50)
    const late = times({ 'late.share': '0.1', 'late.by': '60000' }).filter(
      (time, i) => time === start + i * 10 - 60_000,
    )
    expect(late.length).toBeGreaterThan(60)
    expect(late.length).toBeLessThan(140)
  })

  test('the pace: a row a turn of the rate, from the row where this run began', () => {
    const reader = new DatagenReader({ 'rows-per-second': '10' }, [field('id', BIGINT)])
    expect(reader.read(0, 500, 1024, 1000)?.count).toBe(1)
    expect(reader.read(0, 501, 1024, 1000)).toBeUndefined()
    expect(reader.nextAvailableMs(1000)).toBe(1100)
    expect(reader.read(0, 501, 1024, 1099)).toBeUndefined()
    expect(reader.read(0, 501, 1024, 1100)?.nextOffset).toBe(502)
    expect(reader.read(0, 502, 1024, 2000)?.count).toBe(9)
    expect(reader.lag(0, 5)).toBeUndefined()
  })

  test('the end comes with the last row, or at once when there is none', () => {
    const reader = new DatagenReader({ 'number-of-rows': '3' }, [field('id', BIGINT)])
    expect(reader.read(0, 0, 2, 0)).toMatchObject({ count: 2, end: false })
    expect(reader.read(0, 2, 2, 0)).toMatchObject({ count: 1, nextOffset: 3, end: true })
    expect(reader.read(0, 3, 2, 0)).toMatchObject({ count: 0, nextOffset: 3, end: true })
    expect(reader.lag(0, 1)).toBe(2)
    expect(new DatagenReader({ 'number-of-rows': '0' }, []).read(0, 0, 2, 0)).toMatchObject({ count: 0, end: true })
  })

  test('options that make no sense are errors that name them', () => {
    for (const [name, value] of [
      ['fields.id.kind', 'nonsense'],
      ['fields.id.min', 'x'],
      ['fields.id.max', '-5'],
      ['fields.id.distribution', 'normal'],
      ['partitions', '0'],
      ['start-time', 'yesterday'],
    ] as const) {
      const make = () => new DatagenReader({ [name]: value }, [field('id', BIGINT)])
      expect(make).toThrow(AppError)
      expect(make).toThrow(name)
    }
  })
})
