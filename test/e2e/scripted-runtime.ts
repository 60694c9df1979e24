// An engine that does what a test says. For specs of the server's own behaviour: back-pressure, cancellation, drain.

import { AppError } from '../../src/core/errors.ts'
import type { Schema } from '../../src/core/schema.ts'
import { BIGINT, STRING } from '../../src/core/type.ts'
import type { ResultEvent, ResultStream, Runtime } from '../../src/runtime/api.ts'

export const SCRIPTED_SCHEMA: Schema = {
  fields: [
    { name: 'id', type: BIGINT, nullable: false },
    { name: 'text', type: STRING, nullable: true },
  ],
  key: [0],
  timeColumn: undefined,
  mode: 'append',
}

/** A stream over events that a test makes; counts what was asked of it. */
export class ScriptedStream implements ResultStream {
  readonly schema = SCRIPTED_SCHEMA
  readonly continuous: boolean
  readonly #next: (index: number) => ResultEvent | undefined
  pulled = 0
  closed = false
  #wake: (() => void) | undefined

  /** `next` gives the event at an index; undefined: none any more (a continuous stream then waits). */
  constructor(continuous: boolean, next: (index: number) => ResultEvent | undefined) {
    this.continuous = continuous
    this.#next = next
  }

  async close(): Promise<void> {
    this.closed = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultEvent> {
    while (!this.closed) {
      const event = this.#next(this.pulled)
      if (event !== undefined) {
        this.pulled += 1
        yield event
        // An engine gives way between batches; a loop without would starve the sockets.
        await new Promise((resolve) => setImmediate(resolve))
      } else if (!this.continuous) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}

/** One batch of rows with ids from `firstId`, each with a text of the given length; its token is the last id. */
export function rowsFrom(firstId: number, count: number, textLength = 10): ResultEvent {
  const text = 'x'.repeat(textLength)
  return {
    kind: 'rows',
    rows: Array.from({ length: count }, (_, i) => [firstId + i, text]),
    changes: new Array(count).fill(0),
    times: new Float64Array(count).fill(Number.NaN),
    resumeToken: `token-${firstId + count - 1}`,
    snapshot: false,
  }
}

/** A runtime with the given parts; every other method fails as a defect would. */
export function scriptedRuntime(parts: Partial<Runtime>): Runtime {
  const missing = () => {
    throw new AppError('NOT_SUPPORTED', 'this test does not script that')
  }
  return {
    execute: missing,
    validate: missing,
    query: missing,
    subscribe: missing,
    ingest: missing,
    readTableForPeer: missing,
    describeTasksForPeer: missing,
    analyze: missing,
    list: missing,
    describe: missing,
    schemaOf: missing,
    pause: missing,
    resume: missing,
    drop: missing,
    statsOfAll: async () => new Map(),
    activityHere: async () => [],
    stats: missing,
    ready: true,
    close: async () => {},
    ...parts,
  }
}
