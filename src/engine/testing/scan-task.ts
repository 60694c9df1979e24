import type { PhysicalPlan, ScanStep } from '../../plan/physical/nodes.ts'
import type { FormatRegistry } from '../ports/format.ts'
import type { SourceReader } from '../ports/log.ts'
import type { TaskStorage } from '../ports/state.ts'
import { Task } from '../task.ts'

/** A scan without columns, of a source that a test makes: what counts is what is read, and when. */
export const SCAN: ScanStep = {
  kind: 'scan',
  id: 'scan-s',
  version: 1,
  inputs: [],
  schema: { fields: [], key: [], timeColumn: undefined, mode: 'append' },
  relation: 's',
  connector: { kind: 'file', options: {} },
  format: { envelope: 'plain', encoding: 'json', options: {} },
  fields: [],
  computed: [],
  watermark: undefined,
  onError: 'skip',
  deadLetter: undefined,
  startup: { kind: 'earliest' },
}

const PLAN: PhysicalPlan = {
  version: 1,
  steps: [SCAN],
  schema: SCAN.schema,
  options: { guarantee: 'exactly-once', checkpointIntervalMs: 1000, stateTtlMs: undefined },
}

export function openScanTask(reader: SourceReader, storage: TaskStorage, formats: FormatRegistry): Promise<Task> {
  return Task.open({
    query: 'q',
    plan: PLAN,
    storage,
    formats,
    openReader: () => reader,
    openSink: () => ({ open: () => {}, onBatch: () => {} }),
    sides: { stream: () => undefined, failedRows: undefined },
    nowMs: 0,
    memoryEntriesMax: 1000,
  })
}
