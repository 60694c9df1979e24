import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { ManualClock } from '../adapters/memory/manual-clock.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { type ChangeKind, INSERT, UPDATE_AFTER } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import { BIGINT } from '../core/type.ts'
import { ROWS_FORMAT } from '../engine/side-outputs.ts'
import { RESULT_TABLE, tableKeyEncoder, watermarkRecord } from '../engine/sinks.ts'
import { resultRowDecoder, sourceFields } from './result-table.ts'
import { decodeResumeToken, type ResumePosition } from './resume-token.ts'
import { Subscription } from './subscription.ts'
import { TableCursors } from './table-cursors.ts'
import { tablePages } from './table-pages.ts'
import type { TableHost } from './task-host.ts'

const SCHEMA: Schema = {
  fields: [
    { name: 'key', type: BIGINT, nullable: false },
    { name: 'version', type: BIGINT, nullable: false },
  ],
  key: [0],
  timeColumn: undefined,
  mode: 'upsert',
}
const TOPIC = 'results'
const START: ResumePosition = { name: 'v', topic: TOPIC, offset: 0, segments: [], inSnapshot: true }

/** A view whose rows count their own changes: a reader that sees 3 and then 5 has missed one, 3 and 3 has one twice. */
async function versionedView() {
  const storage = openMemoryStorage()
  const formats = formatRegistry()
  await storage.log.createTopic({ name: TOPIC, partitions: 1, retentionMs: undefined, retentionBytes: undefined })
  const task = await storage.state.openTask('v')
  const encoder = formats.encoder(ROWS_FORMAT, SCHEMA)
  const encodeKey = tableKeyEncoder(SCHEMA)
  const versions = new Map<number, number>()
  let epoch = 0
  let clockMs = 0
  const cursors = new TableCursors({ state: storage.state, clock: new ManualClock() })
  const host: TableHost = {
    readTable: async (request) => cursors.read(request),
    closeTable: async (_, cursor) => cursors.close(cursor),
  }
  return {
    versions,
    /** Changes each key once more, in one commit. */
    async commit(keys: readonly number[]): Promise<void> {
      const table = task.store('sink-1', RESULT_TABLE)
      const records = keys.map((key) => {
        const version = (versions.get(key) ?? 0) + 1
        versions.set(key, version)
        const kind: ChangeKind = version === 1 ? INSERT : UPDATE_AFTER
        const record = encoder.encode([key, version], kind, 0)
        table.put(encodeKey([key, version]), record.value as Uint8Array)
        return record
      })
      task.append(TOPIC, 0, [...records, watermarkRecord(++epoch)])
      await task.commit({ epoch, inputs: {}, watermarks: {}, watermark: epoch, wallTimeMs: 0 })
    },
    /** A part of the snapshot ends after each event: the clock runs that fast. */
    subscribe: async (position: ResumePosition) =>
      new Subscription({
        schema: SCHEMA,
        reader: await storage.log.openReader(TOPIC),
        partition: 0,
        decoder: formats.decoder(ROWS_FORMAT, sourceFields(SCHEMA)),
        decodeRow: resultRowDecoder(SCHEMA),
        openTable: (from) =>
          tablePages(host, {
            task: 'v',
            operatorId: 'sink-1',
            table: RESULT_TABLE,
            from,
            to: undefined,
            rowsMax: 512,
            result: { topic: TOPIC, partition: 0 },
          }),
        position,
        nowMs: () => (clockMs += 3_000),
        signal: undefined,
      }),
  }
}

const KEYS = 2_000

describe('a subscription', () => {
  it('tells every change once, however often it resumes and whatever changes meanwhile', async () => {
    const commits = fc.array(fc.uniqueArray(fc.nat(KEYS - 1), { minLength: 1, maxLength: 40 }), { maxLength: 6 })
    const script = fc.array(fc.record({ reads: fc.integer({ min: 1, max: 3 }), commits }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const view = await versionedView()
        await view.commit([...Array(KEYS).keys()])
        const seen = new Map<number, number>()
        let position = START
        for (const { reads, commits: changes } of steps) {
          position = await read(await view.subscribe(position), position, reads, seen, view.versions)
          for (const keys of changes) await view.commit(keys)
        }
        // One more of each, so that something told twice comes before the end.
        await view.commit([...Array(KEYS).keys()])
        await read(await view.subscribe(position), position, Number.POSITIVE_INFINITY, seen, view.versions)
        expect(seen).toEqual(view.versions)
      }),
      { numRuns: 60 },
    )
  })

  it('without the snapshot begins with what changes from now on', async () => {
    const view = await versionedView()
    await view.commit([1, 2])
    const seen = new Map<number, number>([[1, 1]])
    const position = { ...START, offset: 3, inSnapshot: false }
    await view.commit([1])
    await read(await view.subscribe(position), position, 1, seen, view.versions)
    expect(seen).toEqual(new Map([[1, 2]]))
  })
})

/** Reads some events, or until all there is has been seen; returns where to resume. */
async function read(
  subscription: Subscription,
  from: ResumePosition,
  events: number,
  seen: Map<number, number>,
  all: ReadonlyMap<number, number>,
): Promise<ResumePosition> {
  const isComplete = () => !position.inSnapshot && [...all].every(([key, version]) => seen.get(key) === version)
  let position = from
  let left = events
  if (isComplete()) return position
  for await (const event of subscription) {
    position = decodeResumeToken(event.resumeToken, 'v')
    if (event.kind !== 'rows') continue
    for (const [key, version] of event.rows as readonly (readonly [number, number])[]) {
      const before = seen.get(key)
      if (before !== undefined) expect(version, `key ${key}`).toBe(before + 1)
      seen.set(key, version)
    }
    if (--left <= 0 || isComplete()) break
  }
  return position
}
