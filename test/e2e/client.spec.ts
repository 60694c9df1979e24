// The client's promises over calls that break in every place: the server is real, its engine follows a script.

import { afterEach, describe, expect, it } from 'vitest'
import { Decimal, WeirClient, WeirError } from '../../clients/typescript/src/index.ts'
import { AppError } from '../../src/core/errors.ts'
import { TypedParameter } from '../../src/core/parameter.ts'
import type { IngestRequest, ResultEvent, ResultStream, Runtime, SubscribeOptions } from '../../src/runtime/api.ts'
import { loadConfig, type SettingName } from '../../src/server/config/config.ts'
import { startServer } from '../../src/server/start-server.ts'
import { rowsFrom, SCRIPTED_SCHEMA, ScriptedStream, scriptedRuntime } from './scripted-runtime.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function connectTo(
  parts: Partial<Runtime>,
  flags: Partial<Record<SettingName, unknown>> = {},
): Promise<WeirClient> {
  const config = loadConfig({ flags: { listen: '127.0.0.1:0', logLevel: 'silent', ...flags } })
  const server = await startServer(config, { open: async () => scriptedRuntime(parts) })
  cleanups.push(() => server.close())
  const client = await WeirClient.connect(server.address)
  cleanups.push(() => client.close())
  return client
}

/** Deterministic numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

const broken = () => new AppError('UNAVAILABLE', 'the broker is away', { domain: 'external', retry: true })

/** Rows 0 … total-1 from where the token says; fails after a random number of batches. */
function breakingStream(total: number, resumeToken: string | undefined, next: () => number): ResultStream {
  let id = resumeToken === undefined ? 0 : Number(resumeToken.slice('token-'.length)) + 1
  let left = Math.floor(next() * 4)
  async function* events(): AsyncGenerator<ResultEvent> {
    while (id < total) {
      if (left-- <= 0) throw broken()
      const count = Math.min(1 + Math.floor(next() * 40), total - id)
      // Wide rows now and then: a batch of several messages.
      const event = rowsFrom(id, count, next() < 0.2 ? 20_000 : 5)
      id += count
      yield event
    }
  }
  return { schema: SCRIPTED_SCHEMA, continuous: false, close: async () => {}, [Symbol.asyncIterator]: events }
}

describe('subscribe', () => {
  it.each([1, 2, 3])(
    'goes on after every break with nothing lost and nothing twice (seed %i)',
    async (seed) => {
      const next = random(seed)
      let calls = 0
      const subscribe = async (_name: string, { resumeToken }: SubscribeOptions = {}) => {
        calls += 1
        return breakingStream(600, resumeToken, next)
      }
      const client = await connectTo({ subscribe })
      const ids: bigint[] = []
      for await (const { row } of client.subscribe('v')) ids.push(row['id'] as bigint)
      expect(ids).toEqual(Array.from({ length: 600 }, (_, i) => BigInt(i)))
      expect(calls).toBeGreaterThan(3)
    },
    30_000,
  )

  it('throws what trying again does not mend', async () => {
    let calls = 0
    const subscribe = async () => {
      calls += 1
      throw new AppError('POSITION_EXPIRED', 'the rows after this token are no longer kept')
    }
    const client = await connectTo({ subscribe })
    const reading = (async () => {
      for await (const _ of client.subscribe('v', { resumeToken: 'old' })) break
    })()
    await expect(reading).rejects.toMatchObject({ status: 'OUT_OF_RANGE', reason: 'POSITION_EXPIRED' })
    expect(calls).toBe(1)
  })

  it('does not begin again after rows that can not be resumed', async () => {
    async function* events(): AsyncGenerator<ResultEvent> {
      yield { ...rowsFrom(0, 1), resumeToken: '' }
      throw broken()
    }
    const stream: ResultStream = {
      schema: SCRIPTED_SCHEMA,
      continuous: true,
      close: async () => {},
      [Symbol.asyncIterator]: events,
    }
    const client = await connectTo({ subscribe: async () => stream })
    const reading = (async () => {
      for await (const _ of client.subscribe('v'));
    })()
    await expect(reading).rejects.toMatchObject({ status: 'UNAVAILABLE' })
  })

  it('gives up after as many attempts as it was told', async () => {
    let calls = 0
    const subscribe = async () => {
      calls += 1
      throw broken()
    }
    const client = await connectTo({ subscribe })
    const reading = (async () => {
      for await (const _ of client.subscribe('v', { reconnectAttemptsMax: 2 }));
    })()
    await expect(reading).rejects.toBeInstanceOf(WeirError)
    expect(calls).toBe(3)
  })

  it('takes a silent connection for dead, and connects again', async () => {
    let calls = 0
    const subscribe = async () => {
      calls += 1
      return calls === 1
        ? new ScriptedStream(true, () => undefined)
        : new ScriptedStream(false, (i) => (i === 0 ? rowsFrom(0, 1) : undefined))
    }
    const client = await connectTo({ subscribe })
    const rows = []
    for await (const { row } of client.subscribe('v', { silenceTimeoutMs: 200 })) rows.push(row)
    expect(rows).toHaveLength(1)
    expect(calls).toBe(2)
  })

  it('lets go of the stream when the loop is left, or the signal aborts', async () => {
    const streams: ScriptedStream[] = []
    const subscribe = async () => {
      const stream = new ScriptedStream(true, (i) => (i === 0 ? rowsFrom(0, 3) : undefined))
      streams.push(stream)
      return stream
    }
    const client = await connectTo({ subscribe })
    for await (const _ of client.subscribe('v')) break
    const abort = new AbortController()
    const reason = new Error('enough')
    const reading = (async () => {
      for await (const _ of client.subscribe('v', { signal: abort.signal })) abort.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
    const endMs = Date.now() + 2_000
    while (streams.some(({ closed }) => !closed) && Date.now() < endMs)
      await new Promise((resolve) => setTimeout(resolve, 5))
    expect(streams.map(({ closed }) => closed)).toEqual([true, true])
  })
})

describe('ingest', () => {
  /** A log that leaves out sequences it has, as the engine's does, and loses every third answer or request. */
  function flakyLog() {
    const appended: string[] = []
    let last = -1
    let calls = 0
    const ingest = async ({ records, sequence = 0 }: IngestRequest) => {
      calls += 1
      if (calls % 5 === 3) throw broken()
      expect(sequence).toBeLessThanOrEqual(last + 1)
      const duplicates = Math.min(records.length, Math.max(0, last - sequence + 1))
      for (const { value } of records.slice(duplicates)) appended.push(Buffer.from(value).toString())
      last = Math.max(last, sequence + records.length - 1)
      // Appended, but the producer never hears of it.
      if (calls % 5 === 0) throw broken()
      return { appended: records.length - duplicates, duplicates }
    }
    return { appended, ingest }
  }

  it('writes every record once, in order, over requests and answers that are lost', async () => {
    const log = flakyLog()
    const client = await connectTo({ ingest: log.ingest })
    await using writer = client.ingest('s', { batchRecordsMax: 7, requestsInFlightMax: 3 })
    for (let i = 0; i < 200; i++) await writer.write({ i, big: 9_007_199_254_740_993n })
    await writer.flush()
    expect(log.appended).toEqual(Array.from({ length: 200 }, (_, i) => `{"i":${i},"big":9007199254740993}`))
    expect(writer.appended + writer.duplicates).toBe(200)
    expect(writer.nextSequence).toBe(200)
  }, 30_000)

  it('fails the writer with an error that trying again does not mend', async () => {
    const ingest = async () => {
      throw new AppError('NOT_FOUND', 'stream "s" does not exist')
    }
    const client = await connectTo({ ingest })
    const writer = client.ingest('s')
    await writer.write('x')
    await expect(writer.flush()).rejects.toMatchObject({ status: 'NOT_FOUND' })
    await expect(writer.write('y')).rejects.toMatchObject({ status: 'NOT_FOUND' })
    await writer.close()
  })

  it('takes as many records in a message as the server allows, and not one more', async () => {
    const client = await connectTo(
      { ingest: async ({ records }) => ({ appended: records.length, duplicates: 0 }) },
      { ingestRecordsMax: 10 },
    )
    await using writer = client.ingest('s', { batchRecordsMax: 10 })
    for (let i = 0; i < 10; i++) await writer.write('x')
    await writer.flush()
    expect(writer.appended).toBe(10)
    const greedy = client.ingest('s', { batchRecordsMax: 11 })
    for (let i = 0; i < 11; i++) await greedy.write('x')
    await expect(greedy.flush()).rejects.toMatchObject({ status: 'INVALID_ARGUMENT' })
  })
})

describe('execute and query', () => {
  it('sends parameters as the types that they are', async () => {
    let seen: unknown
    const query: Runtime['query'] = async (_sql, options) => {
      seen = options?.parameters
      return new ScriptedStream(false, () => undefined)
    }
    const client = await connectTo({ query })
    const when = new Date(1_767_225_600_123)
    const parameters = [
      null,
      true,
      7,
      2n ** 62n,
      1.5,
      'text',
      when,
      new Uint8Array([1, 2]),
      new Decimal('-1.50'),
      [1, null],
    ]
    expect(await client.query('SELECT 1', parameters).toArray()).toEqual([])
    expect(seen).toEqual([
      null,
      true,
      7,
      2n ** 62n,
      new TypedParameter('double', 1.5),
      'text',
      new TypedParameter('timestamp', when.getTime()),
      Buffer.from([1, 2]),
      new TypedParameter('decimal', '-1.50'),
      [1, null],
    ])
  })

  it('keeps the settings of the session between calls', async () => {
    const execute: Runtime['execute'] = async function* (_sql, options) {
      options?.session?.set('n', String(Number(options.session.get('n') ?? 0) + 1))
      yield { kind: 'done', statement: 'SET', message: 'set' }
    }
    const client = await connectTo({ execute })
    await client.execute("SET 'n' = '1'")
    await client.execute("SET 'n' = '2'")
    expect(client.settings).toEqual({ n: '2' })
  })

  it('returns the rows of a SELECT in a script, and refuses one that does not end', async () => {
    const streams = [
      new ScriptedStream(false, (i) => (i < 2 ? rowsFrom(i * 2, 2) : undefined)),
      new ScriptedStream(true, () => undefined),
    ]
    const execute: Runtime['execute'] = async function* () {
      for (const results of streams) yield { kind: 'rows', statement: 'SELECT', results }
    }
    const client = await connectTo({ execute }, { executeRowsMax: 4 })
    await expect(client.execute('SELECT 1; SELECT 2')).rejects.toMatchObject({
      status: 'FAILED_PRECONDITION',
      metadata: { statements_completed: '1' },
    })
    expect(streams.map(({ closed }) => closed)).toEqual([true, true])
    streams.splice(0, 2, new ScriptedStream(false, (i) => (i < 2 ? rowsFrom(i * 2, 2) : undefined)))
    const [result] = await client.execute('SELECT 1')
    expect(result?.kind === 'rows' && result.rows.map((row) => row['id'])).toEqual([0n, 1n, 2n, 3n])
    streams.splice(0, 1, new ScriptedStream(false, (i) => (i < 5 ? rowsFrom(i, 1) : undefined)))
    await expect(client.execute('SELECT 1')).rejects.toMatchObject({ status: 'RESOURCE_EXHAUSTED' })
  })

  it('says that no server is there', async () => {
    await expect(WeirClient.connect('127.0.0.1:1', { connectTimeoutMs: 200 })).rejects.toThrow(
      "can't reach a server at 127.0.0.1:1 within 200 ms",
    )
  })
})
