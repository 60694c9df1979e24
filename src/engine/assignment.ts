import { must } from '../core/assert.ts'
import type { Member } from './ports/replicas.ts'

/**
 * Which replica runs which task: a pure function of the tasks and the members, and of nothing before. What history it
 * needs is in the members themselves: what each runs now, and what it has on disk.
 *
 * - Loads differ by at most one task, and no more tasks leave their place than that takes.
 * - A task that has no place goes to who has its state, the freshest copy first; else to where fewest of its stage are.
 * - Only members that have settled and are not leaving get anything.
 */
export interface Assignment {
  /** Task → name of the member that is to run it. A task that nobody can run is not in it. */
  readonly runners: ReadonlyMap<string, string>
  /** Task → members that are to keep a copy of its state, the best first; never its runner. */
  readonly standbys: ReadonlyMap<string, readonly string[]>
}

/** The rules of this file. A replica tells which it knows: a later version goes by the older ones until all know it. */
export const ASSIGNMENT_PROTOCOL = 1

/** `<query>.<incarnation>/<stage>/<partition>`: the order of the ids decides where nothing else does. */
export function assign(taskIds: readonly string[], members: readonly Member[], standbyReplicas: number): Assignment {
  const tasks = [...new Set(taskIds)].sort()
  const seats = members
    .filter(({ settled, leaving }) => settled && !leaving)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((member): Seat => ({ member, tasks: [], stages: new Map(), standbys: 0, copiedFrom: new Map() }))
  const owners = ownersOf(members)
  if (seats.length === 0) return { runners: keptWhereTheyAre(tasks, members, owners), standbys: new Map() }
  const holders = holdersOf(seats)
  const runners = new Map<string, string>()
  placeTasks(tasks, seats, owners, holders)
  for (const seat of seats) for (const task of seat.tasks) runners.set(task, seat.member.name)
  return { runners, standbys: placeStandbys(tasks, seats, runners, holders, standbyReplicas) }
}

/** Who runs each task now: of several that say so the one that said it first. */
export function ownersOf(members: readonly Member[]): ReadonlyMap<string, string> {
  const owners = new Map<string, { readonly name: string; readonly since: number }>()
  for (const { name, running } of members) {
    for (const [task, since] of running) {
      const owner = owners.get(task)
      const older = owner === undefined || since < owner.since || (since === owner.since && name < owner.name)
      if (older) owners.set(task, { name, since })
    }
  }
  return new Map([...owners].map(([task, { name }]) => [task, name]))
}

interface Seat {
  readonly member: Member
  readonly tasks: string[]
  /** How many of its tasks belong to each stage. */
  readonly stages: Map<string, number>
  standbys: number
  /** How many of its standbys each runner has. */
  readonly copiedFrom: Map<string, number>
}

/** Before anybody has settled (the first second of a deployment) what runs goes on. */
function keptWhereTheyAre(
  tasks: readonly string[],
  members: readonly Member[],
  owners: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const leaving = new Set(members.filter((member) => member.leaving).map(({ name }) => name))
  const kept = new Map<string, string>()
  for (const task of tasks) {
    const owner = owners.get(task)
    if (owner !== undefined && !leaving.has(owner)) kept.set(task, owner)
  }
  return kept
}

function holdersOf(seats: readonly Seat[]): ReadonlyMap<string, readonly Seat[]> {
  const holders = new Map<string, Seat[]>()
  for (const seat of seats) {
    for (const task of seat.member.held.keys()) {
      const known = holders.get(task)
      if (known === undefined) holders.set(task, [seat])
      else known.push(seat)
    }
  }
  return holders
}

/**
 * Every seat gets ⌊tasks / seats⌋, some one more. Which ones: first those that run more than that already, since each
 * of them saves a move, then whoever is chosen for a task that has no place.
 */
function placeTasks(
  tasks: readonly string[],
  seats: readonly Seat[],
  owners: ReadonlyMap<string, string>,
  holders: ReadonlyMap<string, readonly Seat[]>,
): void {
  const share = Math.floor(tasks.length / seats.length)
  let extras = tasks.length % seats.length
  const byName = new Map(seats.map((seat) => [seat.member.name, seat]))
  const owned = new Map<Seat, string[]>(seats.map((seat) => [seat, []]))
  const free: string[] = []
  for (const task of tasks) {
    const owner = byName.get(owners.get(task) ?? '')
    if (owner === undefined) free.push(task)
    else must(owned.get(owner), 'every seat has a list').push(task)
  }
  const hasRoom = (seat: Seat) => seat.tasks.length < share || (seat.tasks.length === share && extras > 0)
  const place = (task: string, seat: Seat) => {
    if (seat.tasks.length === share) extras--
    seat.tasks.push(task)
    const stage = stageOf(task)
    seat.stages.set(stage, (seat.stages.get(stage) ?? 0) + 1)
  }
  const lacks = (seat: Seat) => must(owned.get(seat), 'every seat has a list').length < share
  for (const [seat, ids] of owned) {
    for (const task of inOrderOfStaying(ids, seat, (id) => (holders.get(id) ?? []).some(lacks))) {
      if (hasRoom(seat)) place(task, seat)
      else free.push(task)
    }
  }
  const withoutHolder: string[] = []
  // Those that few have come first: the others can still choose.
  const choices = (task: string) => holders.get(task)?.length ?? 0
  for (const task of free.sort((a, b) => choices(a) - choices(b) || (a < b ? -1 : 1))) {
    const seat = best(
      (holders.get(task) ?? []).filter(hasRoom),
      (one) => -freshness(one, task),
      (one) => one.tasks.length,
    )
    if (seat === undefined) withoutHolder.push(task)
    else place(task, seat)
  }
  for (const task of withoutHolder) {
    const stage = stageOf(task)
    const seat = best(
      seats.filter(hasRoom),
      (one) => one.stages.get(stage) ?? 0,
      (one) => one.tasks.length,
    )
    place(task, must(seat, 'the shares sum up to the number of tasks'))
  }
}

/**
 * The last ones go where there are too many: first what somebody with room has a copy of, then what came last. A task
 * that has just been moved here is the cheapest to move on.
 */
function inOrderOfStaying(
  tasks: readonly string[],
  { member }: Seat,
  isElsewhere: (task: string) => boolean,
): readonly string[] {
  const since = (task: string) => member.running.get(task) ?? 0
  const elsewhere = new Map(tasks.map((task) => [task, isElsewhere(task) ? 1 : 0]))
  const rank = (task: string) => elsewhere.get(task) ?? 0
  return tasks.toSorted((a, b) => rank(a) - rank(b) || since(a) - since(b) || (a < b ? -1 : 1))
}

function placeStandbys(
  tasks: readonly string[],
  seats: readonly Seat[],
  runners: ReadonlyMap<string, string>,
  holders: ReadonlyMap<string, readonly Seat[]>,
  standbyReplicas: number,
): ReadonlyMap<string, readonly string[]> {
  const copies = Math.min(standbyReplicas, seats.length - 1)
  const standbys = new Map<string, readonly string[]>()
  if (copies <= 0) return standbys
  const share = Math.ceil((tasks.length * copies) / seats.length)
  const chosen = new Map<string, Seat[]>(tasks.map((task) => [task, []]))
  const choose = (task: string, from: readonly Seat[], ...ranks: readonly ((seat: Seat) => number)[]) => {
    const known = must(chosen.get(task), 'every task has a list')
    const seat = best(
      from.filter((one) => one.member.name !== runners.get(task) && !known.includes(one)),
      ...ranks,
    )
    if (seat === undefined) return false
    known.push(seat)
    seat.standbys++
    const runner = runners.get(task) ?? ''
    seat.copiedFrom.set(runner, (seat.copiedFrom.get(runner) ?? 0) + 1)
    return true
  }
  const missing = (task: string) => (chosen.get(task)?.length ?? 0) < copies
  for (const task of tasks) {
    const withRoom = () => (holders.get(task) ?? []).filter(({ standbys: count }) => count < share)
    while (missing(task) && choose(task, withRoom(), (seat) => -freshness(seat, task), load));
  }
  for (const task of tasks) {
    // Those of one runner on different members: should it die, each of them takes over some.
    const runner = runners.get(task)
    const alike = (seat: Seat) => seat.copiedFrom.get(runner ?? '') ?? 0
    while (missing(task) && choose(task, seats, alike, ({ standbys: count }) => count, load));
  }
  for (const [task, members] of chosen)
    standbys.set(
      task,
      members.map(({ member }) => member.name),
    )
  return standbys
}

function load(seat: Seat): number {
  return seat.tasks.length + seat.standbys
}

function freshness(seat: Seat, task: string): number {
  return seat.member.held.get(task) ?? 0
}

/** All partitions of one stage of a query: alike in cost, so they are spread. */
function stageOf(task: string): string {
  return task.slice(0, task.lastIndexOf('/'))
}

/** The seat with the lowest ranks; the first of equals, which is the first by name. */
function best(seats: readonly Seat[], ...ranks: readonly ((seat: Seat) => number)[]): Seat | undefined {
  let found: Seat | undefined
  for (const seat of seats) {
    if (found === undefined || isBefore(seat, found, ranks)) found = seat
  }
  return found
}

function isBefore(a: Seat, b: Seat, ranks: readonly ((seat: Seat) => number)[]): boolean {
  for (const rank of ranks) {
    const difference = rank(a) - rank(b)
    if (difference !== 0) return difference < 0
  }
  return false
}
