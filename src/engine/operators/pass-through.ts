import type { Batch } from '../../core/batch.ts'
import type { Operator, Output } from '../operator.ts'

/**
 * UNION ALL and the exchange within one process: rows go on as they come. The minimum of the inputs' watermarks is the
 * pipeline's work.
 */
export class PassThrough implements Operator {
  open(): void {}

  onBatch(_port: number, batch: Batch, out: Output): void {
    out.emit(batch)
  }
}
