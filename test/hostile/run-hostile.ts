// Runs the attacks one after the other against one server, and asks after each whether it is still there, what it
// weighs, and how long the client beside had to wait meanwhile.

import { type Attack, Outcome } from './attack.ts'
import { CANARY, HostileWorld } from './hostile-world.ts'
import { bombs, identifiers, literals, patterns, rights, rows, textOf } from './sql-attacks.ts'
import { bytes, calls, idle, inflation, pings, sizes, stalled } from './wire-attacks.ts'

export const ATTACKS: readonly Attack[] = [
  ...[literals, identifiers, rows, bombs, patterns, rights],
  ...[bytes, idle, inflation, sizes, pings, calls, stalled],
]

/** Quiet time in which the client beside is measured first. */
const BASELINE_MS = 3_000
const SETTLE_MS = 1_000

export interface AttackReport {
  readonly attack: string
  readonly attempts: number
  readonly crashed: boolean
  readonly allowed: number
  readonly leaked: number
  readonly seconds: number
  readonly memoryMib: number
  readonly p95Ms: number
}

export interface HostileReport {
  readonly attacks: number
  readonly crashed: number
  readonly allowed: number
  readonly leaked: number
  /** What is held after the second time is what leaks; after the first it is what the heap has grown to. */
  readonly memoryMib: { readonly before: number; readonly afterOnce: number; readonly afterTwice: number }
  readonly p95Ms: { readonly quiet: number; readonly worst: number; readonly after: number }
}

/** All attacks, twice; `share` of the attempts of a full run. */
export async function runHostile(share: number, onReport: (report: AttackReport) => void): Promise<HostileReport> {
  await using world = await HostileWorld.open()
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  await pause(BASELINE_MS)
  const [quiet, before] = [world.takeP95Ms(), world.memoryMib()]
  const reports: AttackReport[] = []
  let afterOnce = before
  for (const [i, attack] of [...ATTACKS, ...ATTACKS].entries()) {
    if (i === ATTACKS.length) {
      await pause(SETTLE_MS)
      afterOnce = world.memoryMib()
    }
    const outcome = new Outcome(CANARY, textOf)
    const startMs = performance.now()
    await attack.run(world.attacker, { size: (full) => Math.max(1, Math.round(full * share)), outcome })
    const seconds = (performance.now() - startMs) / 1_000
    const p95Ms = Math.round(world.takeP95Ms())
    const crashed = !(await world.isUp())
    const { attempts, allowed, leaked } = outcome
    const memoryMib = crashed ? 0 : world.memoryMib()
    const report = { attack: attack.name, attempts, crashed, allowed, leaked, seconds, memoryMib, p95Ms }
    reports.push(report)
    onReport(report)
    if (crashed) break
  }
  await pause(SETTLE_MS)
  world.takeP95Ms()
  await pause(BASELINE_MS)
  const sum = (of: (report: AttackReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  const crashed = sum((report) => Number(report.crashed))
  return {
    attacks: sum((report) => report.attempts),
    crashed,
    allowed: sum((report) => report.allowed),
    leaked: sum((report) => report.leaked) + Number(world.logged.includes(CANARY)),
    memoryMib: { before, afterOnce, afterTwice: crashed > 0 ? 0 : world.memoryMib() },
    p95Ms: {
      quiet: Math.round(quiet),
      worst: Math.max(...reports.map(({ p95Ms }) => p95Ms)),
      after: Math.round(world.takeP95Ms()),
    },
  }
}
