// What a deployment promises of each query, and whether it holds at one moment.

import type { QueryStats } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import type { QueryRates } from '../telemetry/rates.ts'

export interface Objective {
  /** The indicator, as metrics call it: milliseconds where its name ends so, else a share. */
  readonly indicator: string
  /** It holds where the indicator is below. */
  readonly threshold: number
  /** Undefined where nothing can be said: no row has come. */
  readonly valueIn: (indicators: Indicators) => number | undefined
}

export type ObjectiveConfig = Pick<
  ServerConfig,
  'sloLagMs' | 'sloCheckpointMs' | 'sloLateRate' | 'sloDuplicateRate' | 'sloTarget'
>

export function objectivesOf(config: ObjectiveConfig): readonly Objective[] {
  return [
    { indicator: 'stream.lag_ms', threshold: config.sloLagMs, valueIn: (of) => of.lagMsP95 },
    { indicator: 'stream.late_event_rate', threshold: config.sloLateRate, valueIn: (of) => of.lateRate },
    { indicator: 'stream.duplicate_rate', threshold: config.sloDuplicateRate, valueIn: (of) => of.duplicateRate },
    { indicator: 'checkpoint.duration_ms', threshold: config.sloCheckpointMs, valueIn: (of) => of.checkpointMsP95 },
  ]
}

/**
 * A query that has failed holds nothing that it promises; of one without rows nothing is said. Undefined where nothing
 * can be.
 */
export function isHeld({ threshold, valueIn }: Objective, of: Indicators): boolean | undefined {
  const value = valueIn(of)
  if (of.state === 'failed') return false
  return value === undefined ? undefined : value < threshold
}

/** What is known of a query at one moment. */
export interface Indicators extends QueryRates {
  readonly state: QueryStats['state']
  readonly lagMsP95: number | undefined
  readonly checkpointMsP95: number
}
