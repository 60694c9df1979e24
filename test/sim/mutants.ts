import type { OutputRecord, SourceReader } from '../../src/engine/ports/log.ts'
import type { Checkpoint, StateStore, TaskStorage } from '../../src/engine/ports/state.ts'
import type { PhysicalPlan, Step } from '../../src/plan/physical/nodes.ts'
import { type SimDisk, textOf } from './sim-disk.ts'

/**
 * Planted bugs: each is one that an engineer could make, put in from outside so that no product code knows of it. The
 * simulation must find every one within a bounded number of seeds; one that it can't find is a hole in the simulation.
 */
export interface Mutant {
  readonly name: string
  readonly storage?: (inner: TaskStorage, world: MutantWorld) => TaskStorage
  readonly reader?: (inner: SourceReader, world: MutantWorld) => SourceReader
  readonly plan?: (plan: PhysicalPlan) => PhysicalPlan
}

export interface MutantWorld {
  readonly disk: SimDisk
  readonly taskId: string
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the commit drops the offsets: input is read again on top of state that holds it',
    storage: (inner) =>
      new ForwardingStorage(inner, { checkpoint: (next) => ({ ...next, inputs: inner.checkpoint?.inputs ?? {} }) }),
  },
  {
    name: 'state is written ahead of offsets: a failed commit leaves it behind',
    storage: (inner, { disk, taskId }) =>
      new ForwardingStorage(inner, {
        store: (store, name) => ({
          ...store,
          put: (key, value) => {
            store.put(key, value)
            const { tables } = disk.task(taskId)
            if (!tables.has(name)) tables.set(name, new Map())
            tables.get(name)?.set(textOf(key), new Uint8Array(value))
          },
        }),
      }),
  },
  {
    name: 'output is published before the commit: a crash in between gives it twice',
    storage: (inner, { disk }) =>
      new ForwardingStorage(inner, {
        append: (topic, partition, records) => {
          disk.topics.get(topic)?.partitions[partition]?.records.push(...records)
        },
      }),
  },
  {
    name: 'the watermark is not restored: late rows count after a restart',
    storage: (inner) =>
      new ForwardingStorage(inner, {
        restored: (checkpoint) => ({ ...checkpoint, watermarks: {}, watermark: null }),
        store: (store, name) => (name.includes('"watermark"') ? { ...store, get: () => undefined } : store),
      }),
  },
  {
    name: 'a dirty entry is lost: one put in five never reaches the store',
    storage: (inner) => {
      let puts = 0
      return new ForwardingStorage(inner, {
        store: (store) => ({
          ...store,
          put: (key, value) => {
            if (++puts % 5 !== 0) store.put(key, value)
          },
        }),
      })
    },
  },
  {
    name: 'deletes are lost: closed windows come back after a restart',
    storage: (inner) => new ForwardingStorage(inner, { store: (store) => ({ ...store, delete: () => {} }) }),
  },
  {
    name: 'the late test is off by one: a row that is late by 0 ms counts',
    plan: (plan) => ({ ...plan, steps: plan.steps.map(laterByOne) }),
  },
  {
    name: 'the first record after a restart is skipped',
    reader: (inner) => {
      const begun = new Set<number>()
      return forwardReader(inner, (partition, offset, recordsMax, nowMs) => {
        const skip = offset > 0 && !begun.has(partition)
        begun.add(partition)
        return inner.read(partition, skip ? offset + 1 : offset, recordsMax, nowMs)
      })
    },
  },
  {
    name: 'the output of an epoch is appended twice when the epoch is a multiple of three',
    storage: (inner) =>
      new ForwardingStorage(inner, {
        append: (topic, partition, records) => {
          inner.append(topic, partition, records)
          if (((inner.checkpoint?.epoch ?? 0) + 1) % 3 === 0) inner.append(topic, partition, records)
        },
      }),
  },
]

function laterByOne(step: Step): Step {
  if (!('latePolicy' in step) || step.latePolicy === undefined) return step
  const { allowedLatenessMs } = step.latePolicy
  return { ...step, latePolicy: { ...step.latePolicy, allowedLatenessMs: allowedLatenessMs + 1 } }
}

interface Changes {
  readonly checkpoint?: (next: Checkpoint) => Checkpoint
  readonly restored?: (checkpoint: Checkpoint) => Checkpoint
  readonly store?: (store: StateStore, name: string) => StateStore
  readonly append?: (topic: string, partition: number, records: readonly OutputRecord[]) => void
}

/** Passes everything on but what a mutant changes. */
class ForwardingStorage implements TaskStorage {
  readonly #inner: TaskStorage
  readonly #changes: Changes

  constructor(inner: TaskStorage, changes: Changes) {
    this.#inner = inner
    this.#changes = changes
  }

  get checkpoint(): Checkpoint | undefined {
    const { checkpoint } = this.#inner
    return checkpoint && (this.#changes.restored?.(checkpoint) ?? checkpoint)
  }

  store(operatorId: string, table: string): StateStore {
    const store = this.#inner.store(operatorId, table)
    return this.#changes.store?.(store, JSON.stringify([operatorId, table])) ?? store
  }

  append(topic: string, partition: number, records: readonly OutputRecord[]): void {
    if (this.#changes.append === undefined) this.#inner.append(topic, partition, records)
    else this.#changes.append(topic, partition, records)
  }

  commit(checkpoint: Checkpoint): Promise<void> {
    return this.#inner.commit(this.#changes.checkpoint?.(checkpoint) ?? checkpoint)
  }

  stateBytes(): number {
    return this.#inner.stateBytes()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

/** A reader that reads otherwise and is the same in all else. */
export function forwardReader(inner: SourceReader, read: SourceReader['read']): SourceReader {
  return {
    partitions: inner.partitions,
    startOffset: (partition) => inner.startOffset(partition),
    read,
    lag: (partition, offset) => inner.lag(partition, offset),
    onAvailable: (listener) => inner.onAvailable(listener),
    nextAvailableMs: (nowMs) => inner.nextAvailableMs(nowMs),
    close: () => inner.close(),
  }
}
