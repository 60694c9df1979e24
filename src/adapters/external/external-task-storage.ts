import { AppError } from '../../core/errors.ts'
import type { ExternalStorage, ExternalStore, RowChange } from '../../engine/ports/external-store.ts'
import type { Checkpoint, StateStore } from '../../engine/ports/state.ts'

/**
 * The storage of a task that delivers rows: no state, no output of ours; what it commits goes into the store together
 * with the checkpoint, and what it goes on from is the checkpoint that the store has.
 *
 * A commit without rows only moves the position over watermarks; it is not worth a transaction each time, since reading
 * those again changes nothing.
 */
export class ExternalTaskStorage implements ExternalStorage {
  readonly #store: ExternalStore
  #checkpoint: Checkpoint | undefined
  /** Of what the store has. */
  #storedEpoch: number
  #storedAtMs = Number.NEGATIVE_INFINITY
  #staged: readonly RowChange[] = []

  private constructor(store: ExternalStore, checkpoint: Checkpoint | undefined) {
    this.#store = store
    this.#checkpoint = checkpoint
    this.#storedEpoch = checkpoint?.epoch ?? 0
  }

  static async open(store: ExternalStore): Promise<ExternalTaskStorage> {
    try {
      const position = await store.position()
      return new ExternalTaskStorage(store, position?.checkpoint)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  store(): StateStore {
    throw new Error('a task that delivers rows has no state')
  }

  append(): void {
    throw new Error('a task that delivers rows writes no log')
  }

  write(changes: readonly RowChange[]): void {
    this.#staged = changes
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    const changes = this.#staged
    this.#staged = []
    const { epoch, wallTimeMs } = checkpoint
    const isStale = Math.abs(wallTimeMs - this.#storedAtMs) >= POSITION_INTERVAL_MS
    if (changes.length > 0 || isStale) {
      const written = await this.#store.write(changes, this.#storedEpoch, { epoch, checkpoint })
      if (!written) throw positionChanged()
      this.#storedEpoch = epoch
      this.#storedAtMs = wallTimeMs
    }
    this.#checkpoint = checkpoint
  }

  stateBytes(): number {
    return 0
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** Without rows the position is stored so often, so that it does not fall behind what the log keeps. */
const POSITION_INTERVAL_MS = 10_000

/** Another process delivers the same rows, or the store was set back, to a backup or to nothing: it is asked anew. */
function positionChanged(): AppError {
  return new AppError('UNAVAILABLE', 'the position in the store, which is another than this task has written', {
    domain: 'external',
    retry: true,
  })
}
