/**
 * Run-time values, by SQL type:
 *
 * | type          | value                                                                                        |
 * |---------------|----------------------------------------------------------------------------------------------|
 * | any           | `null` for SQL NULL, never `undefined`                                                       |
 * | BOOLEAN       | boolean                                                                                      |
 * | INT           | number                                                                                       |
 * | BIGINT        | *exact integer*: a number where it is a safe integer, else a bigint                          |
 * | DECIMAL(p,s)  | *exact integer* of units of 10^-s: 12.50 as DECIMAL(12,2) is 1250                             |
 * | DOUBLE        | number (NaN equals NaN and sorts last; -0 is stored as 0)                                    |
 * | STRING        | string                                                                                       |
 * | BYTES         | Uint8Array                                                                                   |
 * | DATE          | number, days since 1970-01-01                                                                |
 * | TIME          | number, milliseconds of the day                                                              |
 * | TIMESTAMP     | number, milliseconds since the epoch, UTC; microseconds as a fraction rounded to 1/1000       |
 * | INTERVAL      | number, milliseconds                                                                         |
 * | JSON          | string, the JSON text (JSON null is the text `null`, which is not SQL NULL)                  |
 * | ARRAY         | readonly Value[]                                                                             |
 * | STRUCT        | readonly Value[], one a field, in the order of the type                                      |
 * | MAP           | readonly (readonly [key, value])[], in order of insertion, keys unique                       |
 *
 * The exact integer has one form for each number, so `===` and Map keys work on it, and the common case is a
 * plain number: no allocation, and the engine's fast path.
 */
export type ExactInteger = number | bigint
export type Value = null | boolean | number | bigint | string | Uint8Array | readonly Value[]

/** One row by position. */
export type Row = readonly Value[]

export const BIGINT_MIN = -(2n ** 63n)
export const BIGINT_MAX = 2n ** 63n - 1n
export const INT_MIN = -(2 ** 31)
export const INT_MAX = 2 ** 31 - 1

/** The one form of an exact integer. */
export function exact(value: bigint): ExactInteger {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}
