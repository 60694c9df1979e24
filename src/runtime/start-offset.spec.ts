import { describe, expect, it } from 'vitest'
import type { Log } from '../engine/ports/log.ts'
import type { ScanStep, StartupSpec } from '../plan/physical/nodes.ts'
import { startOffset } from './start-offset.ts'

/** One partition with the offsets 10 to 20, of which a group may have committed one. */
const logWith = (committed?: number) =>
  ({
    topic: async () => ({ offsets: [{ start: 10, end: 20 }] }),
    offsetAt: async (_topic: string, _partition: number, timestampMs: number) => timestampMs / 1_000,
    committedOffset: async () => committed,
  }) as unknown as Log

const scan = (startup: StartupSpec) =>
  ({ relation: 's', connector: { options: { topic: 't' } }, startup }) as unknown as ScanStep
const group = (otherwise: 'earliest' | 'latest' | 'none'): StartupSpec => ({
  kind: 'group-offsets',
  group: 'g',
  otherwise,
})

const begin = (startup: StartupSpec, partition: number, log: Log) =>
  startOffset(scan(startup), partition, { topic: 't', partition }, log)

describe('where a scan begins', () => {
  it.each<[StartupSpec, number | undefined, number]>([
    [{ kind: 'earliest' }, undefined, 10],
    [{ kind: 'latest' }, undefined, 20],
    [{ kind: 'timestamp', timestampMs: 12_000 }, undefined, 12],
    [{ kind: 'offsets', offsets: [15] }, undefined, 15],
    // What lay there is gone.
    [{ kind: 'offsets', offsets: [5] }, undefined, 10],
    [group('none'), 13, 13],
    [group('none'), 10, 10],
    [group('none'), 20, 20],
    [group('earliest'), undefined, 10],
    [group('latest'), undefined, 20],
    [group('latest'), 9, 20],
    [group('earliest'), 21, 10],
  ])('%j with a committed offset of %s is %i', async (startup, committed, offset) => {
    expect(await begin(startup, 0, logWith(committed))).toBe(offset)
  })

  it('is an error where nobody can know', async () => {
    const nowhere = (committed?: number) => begin(group('none'), 0, logWith(committed))
    await expect(nowhere()).rejects.toThrow('group "g" has no offset in topic "t", partition 0')
    await expect(nowhere(9)).rejects.toThrow('group "g" has offset 9, which does not exist any more, in topic "t"')
    await expect(begin({ kind: 'latest' }, 1, logWith())).rejects.toThrow('has no partition 1')
    const withoutGroups = { topic: async () => ({ offsets: [{ start: 0, end: 1 }] }) } as unknown as Log
    await expect(begin(group('earliest'), 0, withoutGroups)).rejects.toThrow('no consumer groups')
  })
})
