import type { Batch } from '../../core/batch.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import { newMetrics, type OperatorContext, type OperatorMetrics } from '../operator.ts'
import { TestStores } from './stores.ts'

/** An operator's surroundings in a spec: what it sent aside is there to be looked at. */
export interface TestContext extends OperatorContext {
  readonly stores: TestStores
  readonly lateBatches: Batch[]
  readonly failures: { readonly reason: string; readonly row: readonly unknown[] }[]
}

export interface TestContextOptions {
  readonly operatorId?: string
  readonly stores?: TestStores
  readonly entriesMax?: number
  readonly restoredWatermark?: number
  readonly metrics?: OperatorMetrics
}

export function testContext(options: TestContextOptions = {}): TestContext {
  const stores = options.stores ?? new TestStores()
  const operatorId = options.operatorId ?? 'operator'
  const metrics = options.metrics ?? newMetrics()
  const lateBatches: Batch[] = []
  const failures: { reason: string; row: readonly unknown[] }[] = []
  return {
    operatorId,
    stores,
    lateBatches,
    failures,
    store: (table) => stores.store(operatorId, table),
    late: (batch) => void lateBatches.push(batch),
    deadLetter: (reason, row) => {
      metrics.rowsFailed++
      failures.push({ reason, row })
    },
    metrics,
    memory: { entriesMax: options.entriesMax ?? Number.MAX_SAFE_INTEGER },
    query: 'query',
    restoredWatermark: options.restoredWatermark ?? NO_WATERMARK,
  }
}
