import { describe, expect, it } from 'vitest'
import { END_OF_TIME, NO_WATERMARK } from '../core/time.ts'
import { SourceWatermark } from './watermark.ts'

const onEvent = { intervalMs: 0, idleTimeoutMs: undefined }

function source(partitions: number, options: { intervalMs: number; idleTimeoutMs: number | undefined } = onEvent) {
  const watermark = new SourceWatermark(options, [...Array(partitions).keys()], 0)
  return {
    watermark,
    observe: (partition: number, candidate: number) => {
      const state = watermark.partition(partition)
      return watermark.observe(state, candidate)
    },
    arrive: (partition: number, nowMs: number) => watermark.arrived(watermark.partition(partition), nowMs),
  }
}

describe('the watermark of a source', () => {
  it('is the minimum over its partitions', () => {
    const { watermark, observe } = source(2)
    expect(observe(0, 100)).toBe(false)
    expect(watermark.current).toBe(NO_WATERMARK)
    expect(observe(1, 40)).toBe(true)
    expect(watermark.current).toBe(40)
    expect(observe(1, 70)).toBe(true)
    expect(watermark.current).toBe(70)
  })

  it('never falls when a row implies less', () => {
    const { watermark, observe } = source(1)
    observe(0, 100)
    expect(observe(0, 50)).toBe(false)
    expect(watermark.current).toBe(100)
  })

  it('is emitted when it has risen by the interval in event time, whatever the clock says', () => {
    const { watermark, observe } = source(1, { intervalMs: 200, idleTimeoutMs: undefined })
    expect(observe(0, 1_000)).toBe(true)
    expect(observe(0, 1_199)).toBe(false)
    expect(observe(0, 1_200)).toBe(true)
    expect(watermark.current).toBe(1_200)
  })

  it('gives out what is pending when the source is quiet for the interval', () => {
    const { watermark, observe, arrive } = source(1, { intervalMs: 200, idleTimeoutMs: undefined })
    arrive(0, 5_000)
    observe(0, 1_000)
    observe(0, 1_150)
    expect(watermark.tick(5_199)).toBe(false)
    expect(watermark.nextTickMs(5_199)).toBe(5_200)
    expect(watermark.tick(5_200)).toBe(true)
    expect(watermark.current).toBe(1_150)
    expect(watermark.nextTickMs(5_200)).toBeUndefined()
  })

  it('is not held back by an idle partition, and waits for it again when it comes back', () => {
    const { watermark, observe, arrive } = source(2, { intervalMs: 0, idleTimeoutMs: 1_000 })
    arrive(0, 900)
    observe(0, 500)
    // Partition 1 has been silent since 0; partition 0 since 900.
    expect(watermark.tick(1_000)).toBe(true)
    expect(watermark.current).toBe(500)
    arrive(1, 1_100)
    arrive(0, 1_100)
    // Behind the watermark: these rows are late, time does not go back.
    expect(observe(1, 300)).toBe(false)
    expect(observe(0, 800)).toBe(false)
    expect(watermark.current).toBe(500)
    expect(observe(1, 600)).toBe(true)
    expect(watermark.current).toBe(600)
  })

  it('an end beside an idle partition closes nothing: rows may come again there', () => {
    const { watermark, observe, arrive } = source(2, { intervalMs: 0, idleTimeoutMs: 1_000 })
    observe(0, 500)
    observe(1, 400)
    arrive(0, 1_000)
    watermark.tick(1_000)
    expect(watermark.end(watermark.partition(0))).toBe(false)
    arrive(1, 1_100)
    expect(observe(1, 600)).toBe(true)
    expect(watermark.current).toBe(600)
    expect(watermark.end(watermark.partition(1))).toBe(true)
    expect(watermark.current).toBe(END_OF_TIME)
  })

  it('stands still without an idle timeout when traffic stops', () => {
    const { watermark, observe, arrive } = source(1)
    arrive(0, 0)
    observe(0, 500)
    expect(watermark.tick(1_000_000)).toBe(false)
    expect(watermark.current).toBe(500)
  })

  it('goes on at the pace of the clock when all partitions are idle', () => {
    const { watermark, observe, arrive } = source(2, { intervalMs: 0, idleTimeoutMs: 1_000 })
    arrive(0, 2_000)
    arrive(1, 2_500)
    observe(0, 10_000)
    observe(1, 10_400)
    expect(watermark.tick(3_499)).toBe(true) // partition 0 idle since 3_000: partition 1 alone counts
    expect(watermark.current).toBe(10_400)
    expect(watermark.tick(3_500)).toBe(true)
    expect(watermark.allIdle).toBe(true)
    expect(watermark.current).toBe(11_400) // 1_000 ms after the last arrival
    watermark.tick(4_500)
    expect(watermark.current).toBe(12_400)
  })

  it('is the end of time when every partition has ended', () => {
    const { watermark, observe } = source(2)
    observe(0, 100)
    observe(1, 200)
    watermark.end(watermark.partition(0))
    expect(watermark.current).toBe(200)
    watermark.end(watermark.partition(1))
    expect(watermark.current).toBe(END_OF_TIME)
  })

  it('goes on from its checkpoint', () => {
    const before = source(2, { intervalMs: 200, idleTimeoutMs: undefined })
    before.observe(0, 1_000)
    before.observe(0, 1_100)
    before.observe(1, 900)
    const checkpoint = JSON.parse(JSON.stringify(before.watermark.checkpoint()))
    const after = source(2, { intervalMs: 200, idleTimeoutMs: undefined })
    after.watermark.restore(checkpoint)
    expect(after.watermark.current).toBe(before.watermark.current)
    expect(after.watermark.partition(0).pending).toBe(1_100)
    // The same next row has the same effect.
    expect(after.observe(0, 1_200)).toBe(before.observe(0, 1_200))
    expect(after.observe(1, 1_300)).toBe(before.observe(1, 1_300))
    expect(after.watermark.current).toBe(before.watermark.current)
  })
})
