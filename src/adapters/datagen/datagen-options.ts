import { AppError } from '../../core/errors.ts'
import { parseTimestamp } from '../../core/timestamp.ts'

/**
 * Options of the connector `datagen`. All that a row holds follows from these and its number, so that a generator can
 * be read again from any row and gives the same: after a restart, in a test, on another machine.
 *
 * | option            | meaning                                                                                   |
 * |-------------------|-------------------------------------------------------------------------------------------|
 * | `rows-per-second` | row i can be read i / rate seconds after the first read of this run; without it, at once     |
 * | `number-of-rows`  | the stream ends behind row n − 1; without it, never                                        |
 * | `seed`            | another seed gives other rows; 0                                                           |
 * | `partitions`      | row i is row ⌊i / partitions⌋ of partition i mod partitions; 1                             |
 * | `start-time`      | event time of row 0, ISO 8601 or ms; 2020-01-01, never the clock's, which would not repeat |
 * | `disorder`        | ms: the event time of each row is up to this much earlier than its turn                    |
 * | `late.share`      | share of rows that are `late.by` ms earlier on top of that                                 |
 *
 * The event time of row i is start-time + i / rate, with 1,000 rows a second where there is no rate.
 */
export interface DatagenOptions {
  readonly rowsPerSecond: number | undefined
  readonly rows: number
  readonly seed: number
  readonly partitions: number
  readonly startMs: number
  readonly disorderMs: number
  readonly lateShare: number
  readonly lateByMs: number
}

const START_MS = Date.UTC(2020, 0, 1)
const NOMINAL_ROWS_PER_SECOND = 1000

export function datagenOptions(options: Readonly<Record<string, string>>): DatagenOptions {
  const number = (name: string, otherwise: number): number => optionNumber(options, name) ?? otherwise
  const start = options['start-time']
  const startMs = start === undefined ? START_MS : /^-?\d+$/.test(start) ? Number(start) : parseTimestamp(start)
  if (startMs === undefined) throw invalid('start-time', 'a time, such as 2020-01-01T00:00:00Z')
  const partitions = number('partitions', 1)
  if (!Number.isInteger(partitions) || partitions < 1) throw invalid('partitions', 'a whole number from 1')
  const rowsPerSecond = optionNumber(options, 'rows-per-second')
  if (rowsPerSecond !== undefined && !(rowsPerSecond > 0)) throw invalid('rows-per-second', 'a number above 0')
  return {
    rowsPerSecond,
    rows: number('number-of-rows', Number.MAX_SAFE_INTEGER),
    seed: number('seed', 0),
    partitions,
    startMs,
    disorderMs: number('disorder', 0),
    lateShare: number('late.share', 0),
    lateByMs: number('late.by', 0),
  }
}

export function eventRate(options: DatagenOptions): number {
  return options.rowsPerSecond ?? NOMINAL_ROWS_PER_SECOND
}

export function optionNumber(options: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = options[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw invalid(name, 'a number')
  return value
}

export function invalid(name: string, expects: string): AppError {
  return new AppError('INVALID_ARGUMENT', `option "${name}" of connector "datagen" is ${expects}`, {
    hint: 'Drop the stream and create it again with a value of that form.',
  })
}
