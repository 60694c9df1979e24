import { type EventTimeMs, LOADED } from '../core/time.ts'
import type { SourceReader } from './ports/log.ts'

/**
 * The loading of a table that a stream looks up: each partition is loaded when it has been read up to where it ended
 * when the query began; one without an end (`endless`) has nothing to wait for. Until then what its rows say of time is
 * held back; a partition that has said something has been loaded.
 */
export class Bootstrap {
  readonly #reader: SourceReader
  readonly #endless: boolean
  /** By partition that is not loaded: its end as it was first known, and the watermark that is held back. */
  readonly #loading = new Map<number, { end: number | undefined; watermark: EventTimeMs }>()

  constructor(reader: SourceReader, partitions: readonly number[], endless: boolean) {
    this.#reader = reader
    this.#endless = endless
    for (const partition of partitions) this.#loading.set(partition, { end: undefined, watermark: LOADED })
  }

  get done(): boolean {
    return this.#loading.size === 0
  }

  isLoading(partition: number): boolean {
    return this.#loading.has(partition)
  }

  /** A row of a partition that is loading implied a watermark. */
  hold(partition: number, watermark: EventTimeMs): void {
    const state = this.#loading.get(partition)
    if (state !== undefined && watermark > state.watermark) state.watermark = watermark
  }

  /** A partition has come to `position`: what it has to say, once it is loaded. */
  reached(partition: number, position: number): EventTimeMs | undefined {
    const state = this.#loading.get(partition)
    if (state === undefined) return undefined
    const lag = this.#reader.lag(partition, position)
    if (lag === undefined) {
      if (!this.#endless) return undefined
    } else {
      state.end ??= position + lag
      if (lag > 0 && position < state.end) return undefined
    }
    this.#loading.delete(partition)
    return state.watermark
  }
}
