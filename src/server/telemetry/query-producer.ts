// Metrics of queries, made when somebody collects from what the runtime counts anyway. Not by instruments of the SDK:
// those would go on telling of a query that was dropped.

import { type HrTime, ValueType } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { VERSION } from '../../core/version.ts'
import type { Runtime } from '../../runtime/api.ts'
import type { QueryActivity } from '../../runtime/query-activity.ts'
import type { SloService } from '../slo/slo.service.ts'
import {
  messagesOf,
  type Observation,
  observationsOf,
  QUERY_INSTRUMENTS,
  type QueryInstrument,
} from './query-metrics.ts'
import { Rates } from './rates.ts'

const SAMPLE_MS = 5_000

type Activities = Pick<Runtime, 'activityHere'>
type Objectives = Pick<SloService, 'standings' | 'target'>

export class QueryProducer implements MetricProducer {
  readonly #resource: Resource
  readonly #rates = new Rates()
  readonly #startTime: HrTime = hrTime(Date.now())
  #runtime: Activities | undefined
  #objectives: Objectives | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(resource: Resource) {
    this.#resource = resource
  }

  /** From now on it tells of these queries. */
  follow(runtime: Activities, objectives: Objectives): void {
    this.#runtime = runtime
    this.#objectives = objectives
    // Rates are of the last minute, whoever collects and how often.
    this.#timer = setInterval(() => void this.#sample().catch(() => undefined), SAMPLE_MS)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#runtime = undefined
  }

  async collect(): Promise<CollectionResult> {
    const nowMs = Date.now()
    const errors: unknown[] = []
    const activities = await this.#sample().catch((error: unknown) => {
      errors.push(error)
      return []
    })
    const standings = this.#objectives?.standings() ?? []
    const around = { rates: this.#rates, standings, nowMs }
    const observed = [
      ...activities.flatMap((activity) => observationsOf(activity, around)),
      ...messagesOf(activities),
      ...targetOf(this.#objectives),
    ]
    const observations = Map.groupBy(observed, ({ instrument }) => instrument)
    const metrics = [...observations].map(([name, observed]) => this.#metric(name, observed, hrTime(nowMs)))
    const scopeMetrics = [{ scope: { name: 'weir', version: VERSION }, metrics }]
    return { resourceMetrics: { resource: this.#resource, scopeMetrics }, errors }
  }

  async #sample(): Promise<readonly QueryActivity[]> {
    const activities = (await this.#runtime?.activityHere()) ?? []
    this.#rates.add(
      activities.map(({ query, stats }) => ({ query, ...stats })),
      performance.now(),
    )
    return activities
  }

  #metric(name: QueryInstrument, observed: readonly Observation[], endTime: HrTime): MetricData {
    const { kind, unit, description } = QUERY_INSTRUMENTS[name]
    const base = {
      descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints: observed.map(({ value, attributes }) => ({ startTime: this.#startTime, endTime, attributes, value })),
    }
    return kind === 'counter'
      ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true }
      : { ...base, dataPointType: DataPointType.GAUGE }
  }
}

function targetOf(objectives: Objectives | undefined): readonly Observation[] {
  return objectives === undefined
    ? []
    : [{ instrument: 'weir.objective.target', value: objectives.target, attributes: {} }]
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000]
}
