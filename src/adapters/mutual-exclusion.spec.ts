import { expect, it } from 'vitest'
import { MutualExclusion } from './mutual-exclusion.ts'

const later = (ms = 1) => new Promise<void>((resolve) => setTimeout(resolve, ms))

it('runs one after the other, in the order of the calls, also when one fails', async () => {
  const exclusion = new MutualExclusion()
  const seen: string[] = []
  const one = (name: string, fails = false) =>
    exclusion.run(async () => {
      seen.push(`${name} begins`)
      await later()
      seen.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const failed = expect(one('a', true)).rejects.toThrow('a')
  expect(await Promise.all([one('b'), one('c')])).toEqual(['b', 'c'])
  await failed
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

it('lets what is inside enter again', async () => {
  const exclusion = new MutualExclusion()
  expect(exclusion.isInside).toBe(false)
  expect(await exclusion.run(() => exclusion.run(async () => exclusion.isInside))).toBe(true)
})

it('lets wait what was started inside and is still running when that has ended', async () => {
  const exclusion = new MutualExclusion()
  const seen: string[] = []
  let started: Promise<void> | undefined
  await exclusion.run(async () => {
    started = later(5).then(() =>
      exclusion.run(async () => {
        seen.push('started inside')
      }),
    )
  })
  await exclusion.run(async () => {
    await later(20)
    seen.push('the next one')
  })
  await started
  expect(seen).toEqual(['the next one', 'started inside'])
})
