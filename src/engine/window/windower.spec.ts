import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WindowSpec } from '../../plan/physical/nodes.ts'
import { alignDown } from './align.ts'
import { windower } from './windower.ts'

function windowsOf(spec: WindowSpec, time: number): [number, number][] {
  const windows = windower(spec)
  const found: [number, number][] = []
  for (let end = windows.firstEnd(time); end <= windows.lastEnd(time); end += windows.stepMs) {
    found.push([windows.start(end), end])
  }
  return found
}

/** Every window that begins near `time`, tried one by one. */
function naiveWindowsOf(spec: WindowSpec, time: number): [number, number][] {
  const found: [number, number][] = []
  const add = (start: number, end: number): void => {
    if (start <= time && time < end) found.push([start, end])
  }
  const stride = spec.kind === 'hop' ? spec.slideMs : spec.sizeMs
  const first = Math.floor((time - spec.offsetMs - 2 * spec.sizeMs) / stride) - 1
  for (let k = first; k * stride + spec.offsetMs <= time; k++) {
    const start = k * stride + spec.offsetMs
    if (spec.kind !== 'cumulate') add(start, start + spec.sizeMs)
    else for (let end = start + spec.stepMs; end <= start + spec.sizeMs; end += spec.stepMs) add(start, end)
  }
  return found.sort((a, b) => a[1] - b[1])
}

describe('tumble', () => {
  const spec: WindowSpec = { kind: 'tumble', sizeMs: 10, offsetMs: 0 }
  test('a start belongs to its window, an end to the next', () => {
    expect(windowsOf(spec, 0)).toEqual([[0, 10]])
    expect(windowsOf(spec, 9)).toEqual([[0, 10]])
    expect(windowsOf(spec, 10)).toEqual([[10, 20]])
  })
  test('times before the epoch round down, not towards zero', () => {
    expect(windowsOf(spec, -1)).toEqual([[-10, 0]])
    expect(windowsOf(spec, -10)).toEqual([[-10, 0]])
    expect(windowsOf(spec, -11)).toEqual([[-20, -10]])
  })
  test('an offset moves the boundaries', () => {
    expect(windowsOf({ ...spec, offsetMs: 3 }, 2)).toEqual([[-7, 3]])
    expect(windowsOf({ ...spec, offsetMs: 3 }, 3)).toEqual([[3, 13]])
    expect(windowsOf({ ...spec, offsetMs: -3 }, -3)).toEqual([[-3, 7]])
  })
  test('a microsecond before a boundary is before it, at present-day times too', () => {
    const day: WindowSpec = { kind: 'tumble', sizeMs: 86_400_000, offsetMs: 0 }
    const midnight = 86_400_000 * 20_454
    expect(windowsOf(day, midnight - 0.001)).toEqual([[midnight - 86_400_000, midnight]])
    expect(windowsOf(day, midnight)).toEqual([[midnight, midnight + 86_400_000]])
  })
})

describe('hop', () => {
  test('a time is in size / slide windows', () => {
    expect(windowsOf({ kind: 'hop', slideMs: 5, sizeMs: 10, offsetMs: 0 }, 4)).toEqual([
      [-5, 5],
      [0, 10],
    ])
  })
  test('a size that is no multiple of the slide', () => {
    expect(windowsOf({ kind: 'hop', slideMs: 4, sizeMs: 10, offsetMs: 0 }, 9)).toEqual([
      [0, 10],
      [4, 14],
      [8, 18],
    ])
  })
  test('with a slide beyond the size some times are in no window', () => {
    expect(windowsOf({ kind: 'hop', slideMs: 10, sizeMs: 4, offsetMs: 0 }, 3)).toEqual([[0, 4]])
    expect(windowsOf({ kind: 'hop', slideMs: 10, sizeMs: 4, offsetMs: 0 }, 4)).toEqual([])
  })
})

describe('cumulate', () => {
  test('windows share their start and grow', () => {
    expect(windowsOf({ kind: 'cumulate', stepMs: 5, sizeMs: 15, offsetMs: 0 }, 6)).toEqual([
      [0, 10],
      [0, 15],
    ])
    expect(windowsOf({ kind: 'cumulate', stepMs: 5, sizeMs: 15, offsetMs: 0 }, 15)).toEqual([
      [15, 20],
      [15, 25],
      [15, 30],
    ])
  })
})

const time = fc.integer({ min: -500, max: 500 })
const offsetMs = fc.integer({ min: -30, max: 30 })
const spec: fc.Arbitrary<WindowSpec> = fc.oneof(
  fc.record({ kind: fc.constant('tumble' as const), sizeMs: fc.integer({ min: 1, max: 50 }), offsetMs }),
  fc.record({
    kind: fc.constant('hop' as const),
    slideMs: fc.integer({ min: 1, max: 30 }),
    sizeMs: fc.integer({ min: 1, max: 50 }),
    offsetMs,
  }),
  fc
    .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 8 }), offsetMs)
    .map(([stepMs, steps, offset]) => ({
      kind: 'cumulate' as const,
      stepMs,
      sizeMs: stepMs * steps,
      offsetMs: offset,
    })),
)

test('the windows of a time are those that hold it', () => {
  fc.assert(
    fc.property(spec, time, (s, t) => {
      expect(windowsOf(s, t)).toEqual(naiveWindowsOf(s, t))
    }),
  )
})

test('all times of a slice are in the same windows', () => {
  fc.assert(
    fc.property(spec, time, (s, t) => {
      const { sliceMs, offsetMs } = windower(s)
      const start = alignDown(t, sliceMs, offsetMs)
      expect(start <= t && t < start + sliceMs).toBe(true)
      expect(windowsOf(s, start)).toEqual(windowsOf(s, t))
      expect(windowsOf(s, start + sliceMs - 0.001)).toEqual(windowsOf(s, t))
    }),
  )
})
