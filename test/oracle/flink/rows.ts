// Rows of two topics in a form that can be compared: as they stand in the end, whatever the order.

export interface TopicRecord {
  readonly key: string | null
  readonly value: string | null
}

/** The last record of each key of upserts; all records of rows that were only added. With their keys, sorted. */
export function finalRows(records: readonly TopicRecord[], format: 'PLAIN' | 'UPSERT'): readonly string[] {
  if (format === 'PLAIN') return records.map(({ key, value }) => row(key, value ?? 'null')).sort()
  const last = new Map<string, string>()
  for (const { key, value } of records) {
    if (value === null) last.delete(canonicalKey(key))
    else last.set(canonicalKey(key), row(key, value))
  }
  return [...last.values()].sort()
}

function row(key: string | null, value: string): string {
  return `${canonicalKey(key)} → ${canonical(value)}`
}

/** A key of one column is its text: JSON where it is an object. */
function canonicalKey(key: string | null): string {
  return key?.startsWith('{') === true ? canonical(key) : String(key)
}

/** Fields by name, instants as milliseconds, numbers without zeros that say nothing. */
function canonical(json: string): string {
  const value: unknown = JSON.parse(json, function (this: unknown, _key: string, one: unknown, context?: unknown) {
    if (typeof one === 'number') return `#${plainNumber((context as { readonly source: string }).source)}`
    if (typeof one === 'string' && INSTANT.test(one)) return `@${Date.parse(one)}`
    return one
  })
  return JSON.stringify(sorted(value))
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
/** Of doubles: sums are taken in another order. */
const DIGITS_COMPARED = 12

function plainNumber(source: string): string {
  const isExact = /^-?\d+(\.\d+)?$/.test(source) && source.replaceAll(/\D/g, '').length <= DIGITS_COMPARED
  if (isExact || /^-?\d+$/.test(source)) return source.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  return String(Number(Number(source).toPrecision(DIGITS_COMPARED)))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  )
}

/** Rows of one that the other has not. */
export function onlyIn(some: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const one of others) left.set(one, (left.get(one) ?? 0) + 1)
  return some.filter((one) => {
    const count = left.get(one) ?? 0
    left.set(one, count - 1)
    return count <= 0
  })
}
