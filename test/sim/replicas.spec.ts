import { describe, expect, it } from 'vitest'
import { Random } from '../harness/random.ts'
import { type ReplicaProcess, SESSION_TIMEOUT_MS } from './replica-process.ts'
import { type ReplicaMutant, ReplicaWorld } from './replica-world.ts'

/** SIM_SEEDS=n for more; the title of a failure has its seed, and SIM_FIRST_SEED begins there. */
const FIRST = Number(process.env['SIM_FIRST_SEED'] ?? 1)
const seeds = Array.from({ length: Number(process.env['SIM_SEEDS'] ?? 10) }, (_, i) => FIRST + i)
/** A planted bug that lives longer than this many seeds is a hole in the simulation. */
const MUTANT_SEEDS = 30

async function run(world: ReplicaWorld, durationMs: number): Promise<void> {
  let over = false
  world.time.schedule(durationMs, () => {
    over = true
  })
  await world.time.run(() => over, Number.POSITIVE_INFINITY)
}

async function stop(world: ReplicaWorld, one: ReplicaProcess | undefined): Promise<void> {
  void one?.stop()
  while (one?.ended === false) await run(world, 50)
}

/** Runs until all is as it should be, and stays so; returns how long that took. */
async function settle(world: ReplicaWorld, withinMs: number): Promise<number> {
  const startMs = world.time.nowMs
  for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += 100) {
    if (world.fault() === undefined) return world.time.nowMs - startMs
    await run(world, 100)
  }
  throw new Error([`after ${withinMs} ms: ${world.fault()}`, ...world.alive.map((one) => one.describe())].join('\n'))
}

async function started(
  seed: number,
  names: readonly string[],
  tasks: number,
  mutant?: ReplicaMutant,
): Promise<ReplicaWorld> {
  const world = new ReplicaWorld(new Random(seed), tasks, mutant, seed % 3)
  for (const name of names) world.start(name)
  await settle(world, 20_000)
  return world
}

async function handOver(seed: number, mutant?: ReplicaMutant): Promise<void> {
  const world = await started(seed, ['a', 'b', 'c'], 17, mutant)
  for (const step of [0, 1, 2, 3, 4, 5]) {
    const one = world.random.pick(world.alive)
    if (step % 3 === 0) world.start(`joined-${step}`)
    else if (step % 3 === 1) void one.leave()
    else {
      await stop(world, one)
      await run(world, world.random.integer(100, 5000))
      world.start(one.name)
    }
    // The next one often comes before this one is over.
    await run(world, world.random.integer(0, 4000))
  }
  await settle(world, 30_000)
  expect(world.fenced).toBe(0)
}

/** Tasks come free while joining and leaving change whose they are. */
async function racing(seed: number, mutant?: ReplicaMutant): Promise<void> {
  const world = await started(seed, ['a', 'b', 'c', 'd', 'e'], 23, mutant)
  for (const round of [0, 1, 2]) {
    world.random.pick(world.alive).kill()
    await run(world, SESSION_TIMEOUT_MS - world.random.integer(0, 2500))
    world.start(`joined-${round}`)
    await run(world, world.random.integer(0, 1500))
    void world.random.pick(world.alive).leave()
    world.start(`joined-late-${round}`)
    await run(world, world.random.integer(0, 1500))
  }
  await settle(world, 30_000)
  expect(world.fenced).toBe(0)
}

async function wakeUp(seed: number, mutant?: ReplicaMutant): Promise<void> {
  const world = await started(seed, ['a', 'b', 'c'], 12, mutant)
  const one = world.random.pick(world.alive)
  one.freeze()
  await run(world, 30_000)
  const mine = [...world.runners()].filter(([, names]) => names.includes(one.name))
  expect(mine).toEqual([])
  one.thaw()
  await run(world, 1000)
  await settle(world, 20_000)
  // Its own four, each once: that is how it learns that it is late.
  expect(world.fenced).toBeLessThanOrEqual(4)
}

describe.each(seeds)('replicas, seed %i', (seed) => {
  it('share the tasks soon after they start, and no task runs twice on the way', async () => {
    const world = new ReplicaWorld(new Random(seed), 13)
    for (const name of ['a', 'b', 'c']) world.start(name)
    await run(world, 100)
    expect(await settle(world, 8000)).toBeLessThan(8000)
    expect(world.fenced).toBe(0)
  })

  it('hand tasks over when one joins, leaves or restarts, and none runs twice', () => handOver(seed))

  it('let no task run twice when deaths, joins and leaves come at once', () => racing(seed))

  it('a restart moves no task', async () => {
    const world = await started(seed, ['a', 'b', 'c'], 9)
    const before = world.runners()
    const [one] = world.alive
    await stop(world, one)
    await run(world, 6000)
    world.start(one?.name ?? '')
    await run(world, 100)
    await settle(world, 5000)
    expect(world.runners()).toEqual(before)
  })

  it('a killed replica’s tasks run elsewhere within its session timeout and 3 s', async () => {
    const world = await started(seed, ['a', 'b', 'c', 'd'], 16)
    await run(world, world.random.integer(0, 3000))
    world.random.pick(world.alive).kill()
    expect(await settle(world, SESSION_TIMEOUT_MS + 3000)).toBeGreaterThan(SESSION_TIMEOUT_MS - 5000)
  })

  it('its tasks go to those that have copies in step, and get new copies', async () => {
    for (const standbys of [1, 2]) {
      const world = new ReplicaWorld(new Random(seed), 13, undefined, standbys)
      for (const name of ['a', 'b', 'c', 'd']) world.start(name)
      await settle(world, 20_000)
      await run(world, 10_000)
      expect(world.miscopied).toEqual([])
      world.cold = 0
      world.random.pick(world.alive).kill()
      await settle(world, SESSION_TIMEOUT_MS + 3000)
      // Balance goes before: both copies may be on a member that has its share already.
      expect(world.cold).toBeLessThanOrEqual(1)
      await run(world, 10_000)
      expect(world.miscopied).toEqual([])
    }
  })

  it('an outage of the brokers, or a pause of everybody, moves nothing', async () => {
    const world = await started(seed, ['a', 'b', 'c'], 12)
    const before = world.runners()
    world.brokersUp = false
    await run(world, 60_000)
    world.brokersUp = true
    await run(world, 20_000)
    for (const one of world.alive) one.freeze()
    await run(world, 60_000)
    for (const one of world.alive) one.thaw()
    await run(world, 20_000)
    expect(world.runners()).toEqual(before)
    expect(world.fenced).toBe(0)
  })

  it('a frozen replica that wakes up gives way to who has its tasks by then, and fences nobody', () => wakeUp(seed))

  it('one that can write to the log but not read it gives up what it runs, and takes its share when it can', async () => {
    const world = await started(seed, ['a', 'b', 'c'], 12)
    const one = world.random.pick(world.alive)
    one.deaf = true
    await run(world, SESSION_TIMEOUT_MS + 15_000)
    const others = world.alive.filter((other) => other !== one).map(({ name }) => name)
    for (const names of world.runners().values()) expect(others).toContain(names.join())
    await run(world, 60_000)
    expect(one.open.size).toBe(0)
    one.deaf = false
    await run(world, 1000)
    await settle(world, 20_000)
    expect(world.fenced).toBe(0)
  })

  it('come to one runner for each task after any faults', async () => {
    const world = await started(seed, ['a', 'b', 'c'], 14)
    const { random } = world
    const names = ['a', 'b', 'c', 'd', 'e']
    for (let step = 0; step < 25; step++) {
      const alive = world.alive
      const one = alive.length > 0 ? random.pick(alive) : undefined
      const fault = random.integer(0, 8)
      if (fault === 0) one?.kill()
      else if (fault === 1) one?.freeze()
      else if (fault === 2) one?.thaw()
      else if (fault === 3 && one !== undefined) one.cut = !one.cut
      else if (fault === 4) world.brokersUp = !world.brokersUp
      else if (fault === 5) void one?.leave()
      else if (fault === 6 && one !== undefined) one.deaf = !one.deaf
      else {
        const name = random.pick(names)
        if (alive.every((other) => other.name !== name)) world.start(name)
      }
      await run(world, random.integer(0, 8000))
    }
    world.brokersUp = true
    for (const one of world.alive) {
      one.thaw()
      one.cut = false
      one.deaf = false
    }
    // All others may be leaving.
    world.start('last')
    await run(world, 4000)
    await settle(world, 60_000)
    // And stay there.
    const before = world.runners()
    const { fenced } = world
    await run(world, 15_000)
    expect(world.runners()).toEqual(before)
    expect(world.fenced).toBe(fenced)
  })

  it('a storm of replicas that come and go within a second moves nothing', async () => {
    const world = await started(seed, ['a', 'b', 'c'], 12)
    const before = world.runners()
    for (let i = 0; i < 20; i++) {
      const one = world.start(`storm-${i}`)
      await run(world, world.random.integer(300, 750))
      one.kill()
    }
    expect(world.runners()).toEqual(before)
    await settle(world, 20_000)
    expect(world.fenced).toBe(0)
  })
})

describe('a planted bug is found', () => {
  const scenarios: Readonly<Record<ReplicaMutant, (seed: number, mutant: ReplicaMutant) => Promise<void>>> = {
    'runs what it has not claimed': racing,
    'says that it has closed before it has': handOver,
    'opens again without catching up': wakeUp,
  }

  it.each(Object.entries(scenarios))('%s', async (mutant, scenario) => {
    for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
      try {
        await scenario(seed, mutant as ReplicaMutant)
      } catch {
        return
      }
    }
    throw new Error(`${MUTANT_SEEDS} seeds did not find it`)
  })
})
