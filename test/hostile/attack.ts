import type { Attacker } from './hostile-world.ts'

/** What is done to a server, and what came of it. */
export interface Attack {
  readonly name: string
  run(attacker: Attacker, context: AttackContext): Promise<void>
}

export interface AttackContext {
  /** A number of attempts, smaller where the run is. */
  size(full: number): number
  readonly outcome: Outcome
}

/** Counts attempts, and those of them that did what they must not. */
export class Outcome {
  attempts = 0
  allowed = 0
  leaked = 0
  readonly #secret: string
  readonly #textOf: (error: unknown) => string

  constructor(secret: string, textOf: (error: unknown) => string) {
    this.#secret = secret
    this.#textOf = textOf
  }

  /** One attempt: whether the server did as it should. */
  expect(held: boolean): void {
    this.attempts += 1
    if (!held) this.allowed += 1
  }

  /** For `catch`: a refusal is how it should be, unless it is a defect or tells of the secret. */
  readonly refused = (error: unknown): undefined => {
    if ((error as { status?: string }).status === 'INTERNAL') this.allowed += 1
    this.heard(this.#textOf(error))
    return undefined
  }

  /** Any answer. */
  heard(answer: unknown): void {
    const text = JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? ''
    if (text.includes(this.#secret)) this.leaked += 1
  }
}
