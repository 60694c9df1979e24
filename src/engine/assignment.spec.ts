import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Assignment, assign, ownersOf } from './assignment.ts'
import type { Member } from './ports/replicas.ts'
import { member } from './testing/heartbeats.ts'

const tasksOf = (query: string, partitions: number) => Array.from({ length: partitions }, (_, i) => `${query}.1/0/${i}`)
const claims = (tasks: readonly string[], since = 0) => new Map(tasks.map((task) => [task, since]))
const runBy = ({ runners }: Assignment, name: string) =>
  [...runners].filter(([, one]) => one === name).map(([id]) => id)

describe('tasks', () => {
  const [t0 = '', t1 = '', t2 = '', t3 = ''] = tasksOf('q', 4)

  it('are spread, those of one stage first', () => {
    const tasks = [...tasksOf('q', 4), ...tasksOf('r', 4)]
    const found = assign(tasks, [member('a'), member('b')], 0)
    for (const query of ['q', 'r']) {
      expect(runBy(found, 'a').filter((task) => task.startsWith(query))).toHaveLength(2)
    }
  })

  it('stay where they run', () => {
    const members = [member('a', { running: claims([t1, t3]) }), member('b', { running: claims([t0, t2]) })]
    const found = assign([t0, t1, t2, t3], members, 0)
    expect(runBy(found, 'a')).toEqual([t1, t3])
  })

  it('of a dead member go to who holds their state, the freshest first', () => {
    const members = [
      member('a', { running: claims([t0]), held: new Map([[t0, 9]]) }),
      member('b', { running: claims([t1]), held: new Map([[t2, 5]]) }),
      member('c', {
        held: new Map([
          [t2, 7],
          [t1, 7],
        ]),
      }),
    ]
    expect(assign([t0, t1, t2], members, 0).runners.get(t2)).toBe('c')
  })

  it('that only one has the state of go there before others fill it', () => {
    const members = [
      member('a', {
        held: new Map([
          [t0, 1],
          [t1, 9],
        ]),
      }),
      member('b', { held: new Map([[t0, 1]]) }),
    ]
    const { runners } = assign([t0, t1], members, 0)
    expect([runners.get(t0), runners.get(t1)]).toEqual(['b', 'a'])
  })

  it('move to a new member as few as give it its share: what it has a copy of first, then what came last', () => {
    const running = new Map([
      [t0, 0],
      [t1, 0],
      [t2, 5],
      [t3, 3],
    ])
    const found = assign([t0, t1, t2, t3], [member('a', { running }), member('b')], 0)
    expect(runBy(found, 'b')).toEqual([t2, t3])
    const warm = assign([t0, t1, t2, t3], [member('a', { running }), member('b', { held: new Map([[t0, 1]]) })], 0)
    expect(runBy(warm, 'b')).toEqual([t0, t2])
  })

  it('do not move to a member that has not settled, nor stay with one that leaves', () => {
    const tasks = [t0, t1]
    const members = [
      member('a', { running: claims([t0]) }),
      member('b', { settled: false }),
      member('c', { running: claims([t1]), leaving: true }),
    ]
    expect(runBy(assign(tasks, members, 0), 'a')).toEqual(tasks)
  })

  it('that two run belong to the one that said so first', () => {
    const members = [member('a', { running: claims([t0], 8) }), member('b', { running: claims([t0], 7) })]
    expect(ownersOf(members).get(t0)).toBe('b')
    expect(assign([t0], members, 0).runners.get(t0)).toBe('b')
  })

  it('wait while there is nobody to run them, and go on where they run', () => {
    expect(assign([t0], [], 0).runners.size).toBe(0)
    const members = [member('a', { settled: false, running: claims([t1]) }), member('b', { settled: false })]
    expect([...assign([t0, t1], members, 0).runners]).toEqual([[t1, 'a']])
  })

  it('that are no more are left out, also when somebody still runs them', () => {
    const members = [member('a', { running: claims(['gone.1/0/0', t0]) }), member('b')]
    const { runners } = assign([t0, t1], members, 0)
    expect([...runners]).toEqual([
      [t0, 'a'],
      [t1, 'b'],
    ])
  })
})

describe('standbys', () => {
  const [t0 = '', t1 = ''] = tasksOf('q', 2)

  it('are none unless asked for, and none where one is alone', () => {
    expect(assign([t0], [member('a'), member('b')], 0).standbys.size).toBe(0)
    expect(assign([t0], [member('a')], 1).standbys.size).toBe(0)
  })

  it('stay where the state is, on another member than the runner', () => {
    const held = new Map([[t0, 4]])
    const members = [member('a', { running: claims([t0]), held }), member('b'), member('c', { held })]
    expect(assign([t0], members, 1).standbys.get(t0)).toEqual(['c'])
  })

  it('of one runner are on different members, so that each takes over a part', () => {
    const tasks = tasksOf('q', 6)
    const running = (...at: readonly number[]) => claims(at.map((i) => tasks[i] as string))
    const members = [
      member('a', { running: running(0, 3) }),
      member('b', { running: running(1, 4) }),
      member('c', { running: running(2, 5) }),
    ]
    const { runners, standbys } = assign(tasks, members, 1)
    for (const { name } of members) {
      const copies = tasks.filter((task) => runners.get(task) === name).map((task) => standbys.get(task)?.[0])
      expect(new Set(copies).size).toBe(2)
    }
  })

  it('are spread', () => {
    const members = [member('a', { running: claims([t0]) }), member('b', { running: claims([t1]) })]
    const { standbys } = assign([t0, t1], members, 1)
    expect([standbys.get(t0), standbys.get(t1)]).toEqual([['b'], ['a']])
  })
})

// ---- whatever the members say ------------------------------------------------------------------------------------

const NAMES = ['a', 'b', 'c', 'd', 'e']

interface World {
  readonly tasks: readonly string[]
  readonly members: readonly Member[]
}

const world: fc.Arbitrary<World> = fc
  .record({
    partitions: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }),
    names: fc.subarray(NAMES, { minLength: 1 }),
  })
  .chain(({ partitions, names }) => {
    const tasks = partitions.flatMap((count, i) => tasksOf(`q${i}`, count))
    const some = fc.subarray([...tasks, 'gone.1/0/0'])
    const one = (name: string) =>
      fc
        .record({
          settled: fc.boolean(),
          leaving: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
          running: some.chain((ids) => fc.tuple(...ids.map((id) => fc.nat({ max: 9 }).map((at) => [id, at] as const)))),
          held: some.chain((ids) => fc.tuple(...ids.map((id) => fc.nat({ max: 9 }).map((at) => [id, at] as const)))),
        })
        .map((said) => member(name, { ...said, running: new Map(said.running), held: new Map(said.held) }))
    return fc.record({ tasks: fc.constant(tasks), members: fc.tuple(...names.map(one)) })
  })

const canRun = ({ settled, leaving }: Member) => settled && !leaving
const loadsOf = ({ runners }: Assignment, members: readonly Member[]) =>
  members.filter(canRun).map(({ name }) => [...runners.values()].filter((one) => one === name).length)

const check = (property: (world: World, standbys: number) => void) =>
  fc.assert(fc.property(world, fc.nat({ max: 3 }), property), { numRuns: 500 })

describe('whatever the members say', () => {
  it('every task runs, on a member that can, and loads differ by at most one', () => {
    check(({ tasks, members }, standbys) => {
      if (!members.some(canRun)) return
      const found = assign(tasks, members, standbys)
      expect([...found.runners.keys()].sort()).toEqual([...tasks].sort())
      const able = new Set(members.filter(canRun).map(({ name }) => name))
      for (const name of found.runners.values()) expect(able).toContain(name)
      const loads = loadsOf(found, members)
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
    })
  })

  it('no more tasks leave a member that can run them than the balance takes', () => {
    check(({ tasks, members }, standbys) => {
      const able = members.filter(canRun)
      if (able.length === 0) return
      const found = assign(tasks, members, standbys)
      const owners = ownersOf(members)
      const owned = able.map(({ name }) => tasks.filter((task) => owners.get(task) === name))
      const left = owned.flatMap((ids, i) => ids.filter((id) => found.runners.get(id) !== able[i]?.name))
      const share = Math.floor(tasks.length / able.length)
      const over = owned.filter((ids) => ids.length > share)
      const surplus = over.reduce((sum, ids) => sum + ids.length - share, 0)
      expect(left.length).toBe(surplus - Math.min(tasks.length % able.length, over.length))
    })
  })

  it('all replicas come to the same, in whatever order they hold their lists', () => {
    const shuffled = world.chain(({ tasks, members }) =>
      fc.record({
        tasks: fc.constant(tasks),
        members: fc.constant(members),
        otherTasks: fc.shuffledSubarray([...tasks], { minLength: tasks.length }),
        otherMembers: fc.shuffledSubarray([...members], { minLength: members.length }),
      }),
    )
    const property = fc.property(shuffled, fc.nat({ max: 2 }), (one, standbys) => {
      const a = assign(one.tasks, one.members, standbys)
      const b = assign(one.otherTasks, one.otherMembers, standbys)
      expect([...b.runners].sort()).toEqual([...a.runners].sort())
      expect([...b.standbys].sort()).toEqual([...a.standbys].sort())
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('when all do as they are told, nothing is left to move', () => {
    check(({ tasks, members }, standbys) => {
      const found = assign(tasks, members, standbys)
      const obedient = members.map((one) => ({ ...one, running: claims(runBy(found, one.name)) }))
      const again = assign(tasks, obedient, standbys)
      expect([...again.runners].sort()).toEqual([...found.runners].sort())
    })
  })

  it('when one after the other does as it is told, no step moves a task twice', () => {
    const oneByOne = fc.tuple(world, fc.shuffledSubarray(NAMES, { minLength: NAMES.length }))
    const property = fc.property(oneByOne, ([{ tasks, members }, order]) => {
      const settled = members.map((one) => ({ ...one, settled: true, leaving: false }))
      let now: readonly Member[] = settled
      const moves = new Map<string, Set<string>>()
      let position = 100
      for (const name of [...order, ...order, ...order, ...order]) {
        position++
        const found = assign(tasks, now, 0)
        const owners = ownersOf(now)
        // Two steps: what is another's yet is not begun.
        const mine = runBy(found, name).filter((task) => (owners.get(task) ?? name) === name)
        for (const task of mine) moves.set(task, (moves.get(task) ?? new Set()).add(name))
        now = now.map((one) =>
          one.name === name
            ? { ...one, running: new Map(mine.map((task) => [task, one.running.get(task) ?? position])) }
            : one,
        )
      }
      const end = assign(tasks, now, 0)
      for (const { name, running } of now) expect([...running.keys()].sort()).toEqual(runBy(end, name).sort())
      for (const names of moves.values()) expect(names.size).toBeLessThanOrEqual(2)
    })
    fc.assert(property, { numRuns: 500 })
  })

  it('standbys are on other members than the runner, as many as there can be', () => {
    check(({ tasks, members }, standbys) => {
      const able = new Set(members.filter(canRun).map(({ name }) => name))
      const found = assign(tasks, members, standbys)
      for (const task of tasks) {
        const names = found.standbys.get(task) ?? []
        expect(new Set(names).size).toBe(names.length)
        expect(names).not.toContain(found.runners.get(task))
        for (const name of names) expect(able).toContain(name)
        expect(names.length).toBe(Math.max(0, Math.min(standbys, able.size - 1)))
      }
    })
  })

  it('a member that joins takes its share from the others, who keep the rest; one that dies gives its own alone', () => {
    const property = fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }), (count, size) => {
      const tasks = tasksOf('q', count)
      const names = NAMES.slice(0, size)
      const obey = (found: Assignment, of: readonly string[]) =>
        of.map((name) => member(name, { running: claims(runBy(found, name)) }))
      const before = assign(
        tasks,
        names.map((name) => member(name)),
        0,
      )
      const joined = assign(tasks, [...obey(before, names), member('new')], 0)
      const moved = tasks.filter((task) => joined.runners.get(task) !== before.runners.get(task))
      expect(moved.sort()).toEqual(runBy(joined, 'new').sort())
      const died = assign(tasks, obey(joined, names), 0)
      const movedBack = tasks.filter((task) => died.runners.get(task) !== joined.runners.get(task))
      expect(movedBack.sort()).toEqual(runBy(joined, 'new').sort())
    })
    fc.assert(property, { numRuns: 200 })
  })
})
