import type { Batch } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { END_OF_TIME, type EventTimeMs } from '../../core/time.ts'
import type { OperatorContext } from '../operator.ts'
import type { LateRows } from './late-rows.ts'

// What the operators share that work on rows one by one, in the order of event time: OVER and MATCH_RECOGNIZE.

/** Gives each row of a batch that is not late to `add`. What has no time, or can't be added, is a dead letter. */
export function forRowsInTime(
  batch: Batch,
  watermark: EventTimeMs,
  late: LateRows | undefined,
  context: OperatorContext | undefined,
  add: (row: number, time: EventTimeMs) => void,
): void {
  for (let row = 0; row < batch.length; row++) {
    const time = batch.times[row] as number
    try {
      if (Number.isNaN(time)) throw new EvaluationError('the event time is NULL')
      if (time < watermark) late?.add(batch, row, watermark, null, null)
      else add(row, time)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      context?.deadLetter(error.reason, batch.row(row))
    }
  }
  late?.flush()
}

/** No row with a time before it is to come. */
export function horizonOf(watermark: EventTimeMs): EventTimeMs {
  return watermark === END_OF_TIME ? watermark : Math.floor(watermark)
}
