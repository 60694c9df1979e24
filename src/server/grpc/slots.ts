import { AppError } from '../../core/errors.ts'

export interface SlotLimits {
  /** What is counted, in the plural, for the message. */
  readonly what: string
  readonly total: number
  readonly perPeer?: number
}

/** Counts what runs at once, in all and by peer, and refuses what is one too many. */
export class Slots {
  readonly #limits: SlotLimits
  readonly #byPeer = new Map<string, number>()
  #total = 0

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  /** Takes a slot; call the result once to give it back. Throws RESOURCE_EXHAUSTED when there is none. */
  take(peer: string): () => void {
    const { what, total, perPeer = Number.POSITIVE_INFINITY } = this.#limits
    const ofPeer = this.#byPeer.get(peer) ?? 0
    if (this.#total >= total) throw exhausted(`too many ${what}: the limit of the server is ${total}`)
    if (ofPeer >= perPeer) throw exhausted(`too many ${what} from this address: the limit is ${perPeer}`)
    this.#total += 1
    this.#byPeer.set(peer, ofPeer + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      this.#total -= 1
      const left = (this.#byPeer.get(peer) ?? 0) - 1
      if (left > 0) this.#byPeer.set(peer, left)
      else this.#byPeer.delete(peer)
    }
  }
}

function exhausted(message: string): AppError {
  return new AppError('RESOURCE_EXHAUSTED', message, { retry: true, hint: 'end some of them, or raise the limit' })
}
