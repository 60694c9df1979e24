// The types that Flink gives to products and quotients of decimals, to tell where they are not Weir's.

import { DECIMAL_PRECISION_MAX, type SqlType } from '../../core/type.ts'

type Decimal = Extract<SqlType, { kind: 'decimal' }>
type Digits = Pick<Decimal, 'precision' | 'scale'>

/** Digits after the point that give way last. */
const SCALE_MIN = 6

export function adjustedProduct(a: Digits, b: Digits): Digits {
  return adjusted(a.precision + b.precision + 1, a.scale + b.scale)
}

export function adjustedQuotient(a: Digits, b: Digits): Digits {
  const scale = Math.max(SCALE_MIN, a.scale + b.precision + 1)
  return adjusted(a.precision - a.scale + b.scale + scale, scale)
}

function adjusted(precision: number, scale: number): Digits {
  if (precision <= DECIMAL_PRECISION_MAX) return { precision, scale }
  const whole = precision - scale
  return {
    precision: DECIMAL_PRECISION_MAX,
    scale: Math.max(DECIMAL_PRECISION_MAX - whole, Math.min(scale, SCALE_MIN)),
  }
}
