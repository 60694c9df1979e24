import type { Clock } from '../engine/ports/clock.ts'
import type { Replicas } from './replicas.ts'

/** For the tasks to be closed and all to know it; without the brokers nobody can be told. */
const HAND_OVER_MS_MAX = 5_000

/**
 * What a replica does that ends. Where others keep its state in step it leaves: they go on at once, and not when its
 * session is over. Elsewhere whoever took a task would have to read its state first: the seat is kept, and the process
 * that comes back under its name has its tasks, and their state on its disk.
 */
export async function handOver(replicas: Replicas, clock: Clock, standbyReplicas = 0): Promise<void> {
  if (standbyReplicas === 0) return
  const told = new AbortController()
  const patience = clock.sleepUntil(clock.nowMs() + HAND_OVER_MS_MAX, told.signal)
  await Promise.race([replicas.leave(), patience])
  told.abort()
}
