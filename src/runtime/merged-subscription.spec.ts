import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { INSERT } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import { BIGINT } from '../core/type.ts'
import { ROWS_FORMAT } from '../engine/side-outputs.ts'
import { watermarkRecord } from '../engine/sinks.ts'
import { MergedSubscription } from './merged-subscription.ts'
import { resultRowDecoder, sourceFields } from './result-table.ts'
import { decodeMergedToken, encodeResumeToken, type ResumePosition } from './resume-token.ts'
import { Subscription } from './subscription.ts'

const SCHEMA: Schema = {
  fields: [{ name: 'number', type: BIGINT, nullable: false }],
  key: [],
  timeColumn: undefined,
  mode: 'append',
}
const TOPIC = 'results'
const PARTITIONS = 3
const START: ResumePosition = { name: 'v', topic: TOPIC, offset: 0, segments: [], inSnapshot: false }

/** A result log with numbered rows, those of one event in a list, dealt out to the partitions. */
async function numberedView(events: readonly { readonly partition: number; readonly rows: number }[]) {
  const storage = openMemoryStorage()
  const formats = formatRegistry()
  const retention = { retentionMs: undefined, retentionBytes: undefined }
  await storage.log.createTopic({ name: TOPIC, partitions: PARTITIONS, ...retention })
  const encoder = formats.encoder(ROWS_FORMAT, SCHEMA)
  let number = 0
  for (const [i, { partition, rows }] of events.entries()) {
    const records = Array.from({ length: rows }, () => encoder.encode([number++], INSERT, 0))
    await storage.log.append(TOPIC, partition, [...records, watermarkRecord(i + 1)])
  }
  const part = async (position: ResumePosition, partition: number) =>
    new Subscription({
      schema: SCHEMA,
      reader: await storage.log.openReader(TOPIC),
      partition,
      decoder: formats.decoder(ROWS_FORMAT, sourceFields(SCHEMA)),
      decodeRow: resultRowDecoder(SCHEMA),
      openTable: () => expect.unreachable('a log without a key has no table'),
      position,
      nowMs: () => 0,
      signal: undefined,
    })
  return {
    rows: number,
    subscribe: async (positions: readonly ResumePosition[]) =>
      new MergedSubscription('v', await Promise.all(positions.map(part)), positions.map(encodeResumeToken)),
  }
}

it('a reader of several partitions sees each row once, wherever it leaves and resumes', async () => {
  const event = fc.record({ partition: fc.nat(PARTITIONS - 1), rows: fc.integer({ min: 1, max: 4 }) })
  const events = fc.array(event, { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(events, fc.array(fc.integer({ min: 1, max: 4 })), async (written, visits) => {
      const view = await numberedView(written)
      const seen: number[] = []
      let positions: readonly ResumePosition[] = new Array<ResumePosition>(PARTITIONS).fill(START)
      for (const visit of [...visits, Number.POSITIVE_INFINITY]) {
        let left = visit
        if (seen.length === view.rows) break
        for await (const { resumeToken, ...event } of await view.subscribe(positions)) {
          positions = decodeMergedToken(resumeToken, 'v', PARTITIONS)
          if (event.kind === 'rows') seen.push(...event.rows.map(([number]) => number as number))
          if (--left <= 0 || seen.length >= view.rows) break
        }
      }
      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: view.rows }, (_, number) => number))
    }),
    { numRuns: 60 },
  )
})
