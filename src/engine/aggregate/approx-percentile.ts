import { compareDoubles } from '../../core/compare.ts'
import { arrayOf, BIGINT } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import type { Aggregate, AggregateBinding } from './aggregate.ts'
import { fractionOf } from './percentile.ts'

/**
 * Percentile in bounded space, after DDSketch: values are counted in buckets whose bounds grow by a constant factor,
 * so the result is within RELATIVE_ERROR of the exact one. Counting can be undone, and two sketches add up exactly.
 *
 * A bucket is a number: 0 for zero, ±(index + OFFSET) for values, ±EDGE for the infinities and EDGE + 1 for NaN; in
 * order of the buckets the values are in order too.
 */
export interface Sketch {
  readonly buckets: Map<number, number>
  total: number
}

export const RELATIVE_ERROR = 0.01
const LOG_GAMMA = Math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))
/** Above any index of a double: |ln 5e-324| / LOG_GAMMA is 37,222. */
const OFFSET = 40_000
const EDGE = 100_000

/** Buckets of one sign at most; beyond it the two smallest become one, and only low percentiles lose precision. */
const BUCKETS_MAX = 4_096

export function approxPercentile({ constants }: AggregateBinding): Aggregate<Sketch> {
  const fraction = fractionOf(constants[0] ?? null)
  const step = (sketch: Sketch, bucket: number, by: number): void => {
    const count = (sketch.buckets.get(bucket) ?? 0) + by
    if (count > 0) sketch.buckets.set(bucket, count)
    else sketch.buckets.delete(bucket)
    sketch.total += by
    if (sketch.buckets.size > BUCKETS_MAX) collapse(sketch)
  }
  return {
    ignoresNulls: true,
    stateTypes: [arrayOf(BIGINT), arrayOf(BIGINT)],
    create: () => ({ buckets: new Map(), total: 0 }),
    add: (sketch, value) => step(sketch, bucketOf(value as number), 1),
    retract: (sketch, value) => {
      const bucket = bucketOf(value as number)
      // A collapsed bucket went into the next smallest that is left.
      const known = sketch.buckets.has(bucket) ? bucket : sorted(sketch).find((other) => other > bucket)
      if (known !== undefined) step(sketch, known, -1)
    },
    merge: (into, from) => {
      for (const [bucket, count] of from.buckets) step(into, bucket, count)
    },
    finish: (sketch) => percentileOf(sketch, fraction),
    toState: (sketch) => {
      const buckets = sorted(sketch)
      return [buckets, buckets.map((bucket) => sketch.buckets.get(bucket) as number)]
    },
    fromState: ([buckets, counts]) => {
      const sketch: Sketch = { buckets: new Map(), total: 0 }
      for (const [i, bucket] of (buckets as Row).entries()) step(sketch, bucket as number, (counts as Row)[i] as number)
      return sketch
    },
  }
}

function sorted(sketch: Sketch): number[] {
  return [...sketch.buckets.keys()].sort(compareDoubles)
}

function collapse(sketch: Sketch): void {
  const [first, second] = sorted(sketch) as [number, number]
  sketch.buckets.set(second, (sketch.buckets.get(first) as number) + (sketch.buckets.get(second) as number))
  sketch.buckets.delete(first)
}

function bucketOf(value: number): number {
  if (value === 0) return 0
  if (Number.isNaN(value)) return EDGE + 1
  if (!Number.isFinite(value)) return value > 0 ? EDGE : -EDGE
  const index = Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA) + OFFSET
  return value > 0 ? index : -index
}

function middleOf(bucket: number): number {
  if (bucket === 0) return 0
  if (bucket === EDGE + 1) return Number.NaN
  if (Math.abs(bucket) === EDGE) return bucket > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  // The middle of the bucket, from which both of its bounds are equally far in proportion.
  const magnitude = Math.exp((Math.abs(bucket) - OFFSET) * LOG_GAMMA) * (1 - RELATIVE_ERROR)
  return bucket > 0 ? magnitude : -magnitude
}

/** Between two values by distance, as the exact percentile: of a few values the 99th is near the greatest. */
function percentileOf(sketch: Sketch, fraction: number): Value {
  if (sketch.total === 0) return null
  const position = fraction * (sketch.total - 1)
  const buckets = sorted(sketch)
  const low = valueAt(sketch, buckets, Math.floor(position))
  const high = valueAt(sketch, buckets, Math.ceil(position))
  return low === high ? low : low + (high - low) * (position - Math.floor(position)) + 0
}

function valueAt(sketch: Sketch, buckets: readonly number[], rank: number): number {
  let seen = 0
  let last = 0
  for (const bucket of buckets) {
    last = bucket
    seen += sketch.buckets.get(bucket) as number
    if (seen > rank) break
  }
  return middleOf(last)
}
