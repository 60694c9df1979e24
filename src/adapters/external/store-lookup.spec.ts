import { expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { BIGINT, STRING } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import { formatRegistry } from '../formats/registry.ts'
import { ManualClock } from '../memory/manual-clock.ts'
import { FoundTexts } from './found-texts.ts'
import { StoreLookup } from './store-lookup.ts'

const FIELDS = [
  { name: 'id', type: BIGINT, nullable: true, from: 'value', path: ['id'] },
  { name: 'plan', type: STRING, nullable: true, from: 'value', path: ['plan'] },
] as const

/** A table of the even numbers, as a store would answer; `down` for so many questions. */
class World {
  readonly clock = new ManualClock(1_000)
  readonly questions: (readonly Row[])[] = []
  connections = 0
  closed = 0
  down = 0
  error: AppError = new AppError('UNAVAILABLE', 'store at h:1: connection refused', { domain: 'external', retry: true })
  readonly lookup: StoreLookup

  constructor(options: Record<string, string> = {}) {
    this.lookup = new StoreLookup({
      connect: async () => {
        this.connections++
        return {
          find: async (keys) => {
            if (this.down-- > 0) throw this.error
            this.questions.push(keys)
            return keys.map(([id]) => (Number(id) % 2 === 0 ? `{"plan":"p${id}"}` : null))
          },
          close: async () => void this.closed++,
        }
      },
      texts: new FoundTexts(
        formatRegistry().decoder({ envelope: 'plain', encoding: 'json', options: {} }, FIELDS),
        FIELDS.length,
        [0],
      ),
      nameOf: (key) => String(key[0]),
      clock: this.clock,
      options,
    })
  }
}

const keys = (...ids: number[]) => ids.map((id) => [id])

it('gives rows with the key that was asked for, and nothing for what is not there', async () => {
  const world = new World()
  expect(await world.lookup.find(keys(2, 3, 4))).toEqual([[2, 'p2'], undefined, [4, 'p4']])
  expect(await world.lookup.find([])).toEqual([])
  expect(world.questions).toEqual([keys(2, 3, 4)])
})

it('asks for at most 1,000 keys at once', async () => {
  const world = new World()
  const all = Array.from({ length: 1_001 }, (_, i) => [2 * i])
  expect((await world.lookup.find(all)).at(-1)).toEqual([2_000, 'p2000'])
  expect(world.questions.map(({ length }) => length)).toEqual([1_000, 1])
})

it('remembers nothing unless it is told to', async () => {
  const world = new World()
  await world.lookup.find(keys(2))
  await world.lookup.find(keys(2))
  expect(world.questions).toHaveLength(2)
})

it('remembers what was found and what was not, until it is as old as it may be', async () => {
  const world = new World({ 'lookup.cache.ttl': '100' })
  await world.lookup.find(keys(2, 3))
  world.clock.advanceBy(99)
  expect(await world.lookup.find(keys(3, 2, 4))).toEqual([undefined, [2, 'p2'], [4, 'p4']])
  expect(world.questions).toEqual([keys(2, 3), keys(4)])
  world.clock.advanceBy(1)
  await world.lookup.find(keys(2, 3, 4))
  expect(world.questions.at(-1)).toEqual(keys(2, 3))
})

it('remembers so many rows and no more, and forgets the oldest first', async () => {
  const world = new World({ 'lookup.cache.ttl': '100', 'lookup.cache.max-rows': '2' })
  await world.lookup.find(keys(2, 4))
  await world.lookup.find(keys(2, 4))
  expect(world.questions).toHaveLength(1)
  await world.lookup.find(keys(6))
  await world.lookup.find(keys(4, 6))
  expect(world.questions).toHaveLength(2)
  await world.lookup.find(keys(2))
  expect(world.questions.at(-1)).toEqual(keys(2))
})

it('asks again, by another connection and with a pause, for as long as it takes, and says what it waits for', async () => {
  const world = new World()
  world.down = 3
  const found = world.lookup.find(keys(2))
  const waits: (string | undefined)[] = []
  for (let i = 0; i < 20 && world.questions.length === 0; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    waits.push(world.lookup.waitingFor)
    world.clock.advanceBy(100)
  }
  expect(await found).toEqual([[2, 'p2']])
  expect(waits).toContain('waiting for store at h:1: connection refused (attempt 1)')
  expect(waits).toContain('waiting for store at h:1: connection refused (attempt 3)')
  expect(world.lookup.waitingFor).toBeUndefined()
  expect(world.connections).toBe(4)
  expect(world.closed).toBe(3)
})

it('gives up at what does not pass, and when it is closed', async () => {
  const world = new World()
  world.down = 1
  world.error = new AppError('FAILED_PRECONDITION', 'there is no such table')
  await expect(world.lookup.find(keys(2))).rejects.toThrow('there is no such table')
  const waiting = new World()
  waiting.down = 1_000
  const found = waiting.lookup.find(keys(2))
  await new Promise((resolve) => setImmediate(resolve))
  await waiting.lookup.close()
  await expect(found).rejects.toThrow('connection refused')
})

it('leaves no connection open that comes about after it was closed', async () => {
  const world = new World()
  const found = world.lookup.find(keys(2))
  await world.lookup.close()
  await expect(found).rejects.toThrow('closed')
  expect(world.connections).toBe(1)
  expect(world.closed).toBe(1)
  expect(world.questions).toEqual([])
})
