// Which values may stand where without a CAST, and what two types have in common. Implicit casts never lose
// information, but for DECIMAL and BIGINT to DOUBLE, which PostgreSQL and Flink do as well.

import { BIGINT, DECIMAL_PRECISION_MAX, DOUBLE, decimal, isNumeric, type SqlType, sameType } from '../../core/type.ts'

type Decimal = Extract<SqlType, { kind: 'decimal' }>

/** Integers as decimals: the digits that their range needs. */
const INT_DIGITS = 10
const BIGINT_DIGITS = 19

const NUMERIC_RANK: Readonly<Record<string, number>> = { int: 0, bigint: 1, decimal: 2, double: 3 }

/**
 * How far `from` is from `to`, to choose between overloads: 0 for the same type, undefined where there is no
 * implicit cast. Literal strings may become dates and the like: that is the binder's to see.
 */
export function castCost(from: SqlType, to: SqlType): number | undefined {
  if (sameType(from, to)) return 0
  if (from.kind === 'null') return 1
  if (isNumeric(from) && isNumeric(to)) {
    const distance = (NUMERIC_RANK[to.kind] as number) - (NUMERIC_RANK[from.kind] as number)
    if (distance > 0) return distance
    return from.kind === 'decimal' && to.kind === 'decimal' && holds(to, from) ? 1 : undefined
  }
  if (from.kind === 'date' && to.kind === 'timestamp') return 1
  // A string that is JSON text: the cast checks it. Every JSON function of the other systems takes strings.
  if (from.kind === 'string' && to.kind === 'json') return 10
  if (from.kind === 'array' && to.kind === 'array') return castCost(from.element, to.element)
  if (from.kind === 'map' && to.kind === 'map') {
    const key = castCost(from.key, to.key)
    const value = castCost(from.value, to.value)
    return key === undefined || value === undefined ? undefined : key + value
  }
  if (from.kind === 'struct' && to.kind === 'struct' && from.fields.length === to.fields.length) {
    let cost = 0
    for (const [i, field] of from.fields.entries()) {
      const step = castCost(field.type, to.fields[i]?.type ?? field.type)
      if (step === undefined) return undefined
      cost += step
    }
    return cost
  }
  return undefined
}

/** The type that both can be cast to without a CAST: of the branches of CASE, of both sides of `=`, of UNION ALL. */
export function commonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (sameType(a, b)) return a
  if (a.kind === 'null') return b
  if (b.kind === 'null') return a
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b)
  if ((a.kind === 'date' && b.kind === 'timestamp') || (a.kind === 'timestamp' && b.kind === 'date')) {
    return { kind: 'timestamp' }
  }
  if (a.kind === 'array' && b.kind === 'array') {
    const element = commonType(a.element, b.element)
    return element && { kind: 'array', element }
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonType(a.key, b.key)
    const value = commonType(a.value, b.value)
    return key && value && { kind: 'map', key, value }
  }
  if (a.kind === 'struct' && b.kind === 'struct' && a.fields.length === b.fields.length) {
    const fields = a.fields.map((field, i) => {
      const type = commonType(field.type, b.fields[i]?.type ?? field.type)
      return type && { name: field.name, type }
    })
    return fields.every((field) => field !== undefined) ? { kind: 'struct', fields } : undefined
  }
  return undefined
}

function commonNumber(a: SqlType, b: SqlType): SqlType {
  if (a.kind === 'double' || b.kind === 'double') return DOUBLE
  if (a.kind !== 'decimal' && b.kind !== 'decimal') return BIGINT
  const x = asDecimal(a)
  const y = asDecimal(b)
  const scale = Math.max(x.scale, y.scale)
  const whole = Math.max(x.precision - x.scale, y.precision - y.scale)
  return decimal(Math.min(whole + scale, DECIMAL_PRECISION_MAX), scale)
}

/** The decimal type that holds every value of a numeric type but DOUBLE. */
export function asDecimal(type: SqlType): Decimal {
  if (type.kind === 'decimal') return type
  return { kind: 'decimal', precision: type.kind === 'int' ? INT_DIGITS : BIGINT_DIGITS, scale: 0 }
}

function holds(to: Decimal, from: Decimal): boolean {
  return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale
}
