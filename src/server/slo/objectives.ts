// What a deployment promises of each query, and whether it holds at one moment.

import type { ServerConfig } from '../config/config.ts'
import type { QueryRates } from '../telemetry/rates.ts'

export interface Objective {
  /** The indicator, as metrics call it. */
  readonly indicator: string
  readonly unit: 'ms' | 'share'
  /** It holds where the indicator is below. */
  readonly threshold: number
}

export type ObjectiveConfig = Pick<
  ServerConfig,
  'sloLagMs' | 'sloCheckpointMs' | 'sloLateRate' | 'sloDuplicateRate' | 'sloTarget'
>

export function objectivesOf(config: ObjectiveConfig): readonly Objective[] {
  return [
    { indicator: 'stream.lag_ms', unit: 'ms', threshold: config.sloLagMs },
    { indicator: 'stream.late_event_rate', unit: 'share', threshold: config.sloLateRate },
    { indicator: 'stream.duplicate_rate', unit: 'share', threshold: config.sloDuplicateRate },
    { indicator: 'checkpoint.duration_ms', unit: 'ms', threshold: config.sloCheckpointMs },
  ]
}

/** What is known of a query at one moment. */
export interface Indicators extends QueryRates {
  readonly lagMsP95: number | undefined
  readonly checkpointMsP95: number
}

/** Undefined where nothing can be said: no row has come. */
export function indicatorOf({ indicator }: Objective, indicators: Indicators): number | undefined {
  switch (indicator) {
    case 'stream.lag_ms':
      return indicators.lagMsP95
    case 'stream.late_event_rate':
      return indicators.lateRate
    case 'stream.duplicate_rate':
      return indicators.duplicateRate
    default:
      return indicators.checkpointMsP95
  }
}
