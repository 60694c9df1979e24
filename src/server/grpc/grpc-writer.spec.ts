import { describe, expect, it, vi } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { GrpcWriter, WRITES_IN_FLIGHT_MAX } from './grpc-writer.ts'

/** A transport that takes a message when the test says so. */
class Transport {
  readonly written: unknown[] = []
  readonly #callbacks: (() => void)[] = []

  write(message: unknown, callback: () => void): void {
    this.written.push(message)
    this.#callbacks.push(callback)
  }

  takeOne(): void {
    this.#callbacks.shift()?.()
  }
}

const settled = async (promise: Promise<unknown>) => {
  const pending = Symbol()
  const winner = await Promise.race([
    promise.catch(() => {}),
    new Promise((resolve) => setTimeout(resolve, 0, pending)),
  ])
  return winner !== pending
}

describe('GrpcWriter', () => {
  it('waits when as many messages are in flight as may be, and goes on when one was taken', async () => {
    const transport = new Transport()
    const writer = new GrpcWriter<number>(transport, new AbortController().signal, 60_000)
    for (let i = 1; i < WRITES_IN_FLIGHT_MAX; i++) await writer.write(i)
    const last = writer.write(WRITES_IN_FLIGHT_MAX)
    expect(await settled(last)).toBe(false)
    transport.takeOne()
    await last
    expect(transport.written).toEqual([1, 2])
    expect(writer.busy).toBe(true)
    const flushed = writer.flush()
    expect(await settled(flushed)).toBe(false)
    transport.takeOne()
    await flushed
    expect(writer.busy).toBe(false)
  })

  it('gives a reader the stall timeout for each message, and not a millisecond more', async () => {
    vi.useFakeTimers()
    try {
      const transport = new Transport()
      const writer = new GrpcWriter<number>(transport, new AbortController().signal, 1_000)
      await writer.write(1)
      const second = writer.write(2)
      await vi.advanceTimersByTimeAsync(999)
      transport.takeOne()
      await second
      const third = writer.write(3)
      const failure = third.catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(999)
      expect(transport.written).toEqual([1, 2, 3])
      await vi.advanceTimersByTimeAsync(1)
      expect(await failure).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retry: true })
    } finally {
      vi.useRealTimers()
    }
  })

  it('stops waiting when the call is over, and writes nothing after', async () => {
    const transport = new Transport()
    const abort = new AbortController()
    const writer = new GrpcWriter<number>(transport, abort.signal, 60_000)
    await writer.write(1)
    const second = writer.write(2)
    const reason = new AppError('CANCELLED', 'the caller has cancelled')
    abort.abort(reason)
    await expect(second).rejects.toBe(reason)
    await expect(writer.write(3)).rejects.toBe(reason)
    expect(transport.written).toEqual([1, 2])
  })
})
