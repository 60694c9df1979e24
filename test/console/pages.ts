/** Every page, by what has to be on it once it is there. */
export const PAGES: readonly (readonly [hash: string, text: string])[] = [
  ['#/queries', 'per_region'],
  ['#/queries/per_region', 'rows/s'],
  ['#/editor', 'SHOW'],
  ['#/streams', 'Materialized views'],
  ['#/streams/orders', 'north'],
  ['#/dead-letters', 'division by zero'],
  ['#/objectives', 'checkpoint.duration_ms'],
  ['#/nowhere', 'There is no such page'],
]
