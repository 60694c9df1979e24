import { must } from '../../core/assert.ts'
import type { Checkpoint, TaskSnapshot } from '../../engine/ports/state.ts'

/** What a task had committed at one moment; the end of its result log is part of the checkpoint. */
export class KafkaSnapshot implements TaskSnapshot {
  readonly #inner: TaskSnapshot
  readonly #onClose: () => void

  constructor(inner: TaskSnapshot, onClose: () => void) {
    this.#inner = inner
    this.#onClose = onClose
  }

  get closed(): boolean {
    return this.#inner.closed
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#inner.checkpoint
  }

  get(operatorId: string, table: string, key: Uint8Array): Uint8Array | undefined {
    return this.#inner.get(operatorId, table, key)
  }

  scan(
    operatorId: string,
    table: string,
    from: Uint8Array,
    to: Uint8Array | undefined,
  ): Iterable<readonly [Uint8Array, Uint8Array]> {
    return this.#inner.scan(operatorId, table, from, to)
  }

  topicEnd(): number {
    return must(this.checkpoint?.log?.resultEnd, 'a task with a table writes a result log')
  }

  close(): void {
    this.#inner.close()
    this.#onClose()
  }
}
