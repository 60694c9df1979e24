// What a server promises of its queries.

import type { Objective as WireObjective } from './proto/weir/v1/Objective.ts'

export interface Objective {
  readonly query: string
  /** As metrics call it: `stream.lag_ms` and others. */
  readonly indicator: string
  /** The indicator has to be below: milliseconds where its name ends so, else a share. */
  readonly threshold: number
  /** Now; undefined where no row has come. */
  readonly value: number | undefined
  /** Share of the time in which it has to hold. */
  readonly target: number
  /** Share of the time in which it held; undefined where nothing is known. */
  readonly attainment: number | undefined
  /** What is left of the time in which it may fail, as a share; below 0 where more has failed. */
  readonly errorBudget: number | undefined
  /** Minutes of the last thirty days that something is known of. */
  readonly minutes: number
}

export function readObjective({ minutes, value, attainment, errorBudget, ...rest }: WireObjective): Objective {
  return { ...rest, value, attainment, errorBudget, minutes: Number(minutes) }
}
