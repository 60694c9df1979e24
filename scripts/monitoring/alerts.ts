// The alerts, from which the rules of Prometheus and the table in docs/metrics.md are written. What counts as missing
// an objective is decided by the server, by its settings: the rules only say how often it may be missed.

import { prometheusName } from './metric.ts'

export interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly severity: 'warning' | 'critical'
  readonly summary: string
  readonly description: string
  /** For the docs. */
  readonly when: string
}

interface Recorded {
  readonly record: string
  readonly expr: string
}

/**
 * How fast the budget of thirty days is used: at 1 it is gone when they are over. The short window ends an alert soon
 * after the cause has. The pairs are those of the workbook of site reliability engineering: 2 % of the budget in an
 * hour, 5 % in six, 10 % in three days.
 */
interface BurnRate {
  readonly alert: string
  readonly severity: Alert['severity']
  readonly rate: number
  readonly long: string
  readonly longWords: string
  readonly short: string
  readonly goneIn: string
}

const BURN_RATES: readonly BurnRate[] = [
  {
    alert: 'WeirBudgetBurnsFast',
    severity: 'critical',
    rate: 14.4,
    long: '1h',
    longWords: 'hour',
    short: '5m',
    goneIn: 'two days',
  },
  {
    alert: 'WeirBudgetBurns',
    severity: 'critical',
    rate: 6,
    long: '6h',
    longWords: '6 hours',
    short: '30m',
    goneIn: 'five days',
  },
  {
    alert: 'WeirBudgetBurnsSlowly',
    severity: 'warning',
    rate: 1,
    long: '3d',
    longWords: '3 days',
    short: '6h',
    goneIn: 'thirty days',
  },
]

const MISSED = 'query:weir_objective_missed:max'
const BUDGET = 'job:weir_objective_budget:max'
const OF_QUERY = 'namespace, job, query'
/** Servers of one deployment. */
const OF_DEPLOYMENT = 'namespace, job'

export const RECORDED: readonly Recorded[] = [
  {
    // Each replica tells of the whole query; they look at different moments.
    record: MISSED,
    expr: `max by (${OF_QUERY}, indicator) (${prometheusName('weir.objective.missed')})`,
  },
  { record: BUDGET, expr: `1 - min by (${OF_DEPLOYMENT}) (${prometheusName('weir.objective.target')})` },
]

const QUERY = '{{ $labels.query }}'

export const ALERTS: readonly Alert[] = [
  {
    alert: 'WeirQueryStopped',
    expr: `max by (${OF_QUERY}) (${prometheusName('weir.query.running')}) == 0`,
    for: '5m',
    severity: 'critical',
    summary: `Query ${QUERY} runs on no replica.`,
    description: `\`DESCRIBE EXTENDED ${QUERY}\` has the error; a query that was paused goes on with \`RESUME QUERY\`.`,
    when: 'a query has failed, is paused or has finished, for five minutes',
  },
  ...BURN_RATES.map(burnAlert),
]

function burnAlert({ alert, severity, rate, long, longWords, short, goneIn }: BurnRate): Alert {
  const burns = (window: string) =>
    `avg_over_time(${MISSED}[${window}]) > on (${OF_DEPLOYMENT}) group_left () (${rate} * ${BUDGET})`
  return {
    alert,
    // A share of time, which the average of zeros and ones is.
    expr: `${burns(long)}\nand ${burns(short)}`,
    for: '2m',
    severity,
    summary: `Query ${QUERY} misses its objective of {{ $labels.indicator }} in {{ $value | humanizePercentage }} of the last ${longWords}.`,
    description: `\`weir slo ${QUERY}\` says what is left of its error budget, \`weir lag ${QUERY}\` where its time goes.`,
    when: `a query misses an objective ${rate === 1 ? 'as' : `${rate} times as`} often as it may, over ${long} and over ${short}: at this pace the budget of thirty days is gone in ${goneIn}`,
  }
}

/** As a file of rules, and as `spec` of a PrometheusRule. */
export function ruleGroups(): object {
  const alerts = ALERTS.map(({ alert, expr, for: lasting, severity, summary, description }) => ({
    alert,
    expr,
    for: lasting,
    labels: { severity },
    annotations: { summary, description },
  }))
  return { groups: [{ name: 'weir', rules: [...RECORDED, ...alerts] }] }
}
