// How EXPLAIN writes what a query reads: which topics, from where on, and what is made of their records.

import type { ScanStep, StartupSpec } from './physical/nodes.ts'
import { patternOf } from './physical/scan-topics.ts'
import { printDuration, printExpression } from './print-expression.ts'

export function scanDetails(step: ScanStep): readonly (string | undefined)[] {
  const all = step.schema.fields
  const { watermark } = step
  const computed = step.computed.map((one, i) => `${all[step.fields.length + i]?.name} AS ${printExpression(one, all)}`)
  const emit = watermark?.emit.kind === 'on-event' ? 'on event' : 'periodic'
  return [
    step.connector.kind === 'result' ? `of ${step.relation}` : undefined,
    topicsText(step),
    computed.length === 0 ? undefined : `computes ${computed.join(', ')}`,
    watermark === undefined
      ? undefined
      : `watermark ${all[watermark.timeColumn]?.name} AS ${printExpression(watermark.expression, all)}, ${emit}`,
    watermark?.idleTimeoutMs === undefined ? undefined : `idle after ${printDuration(watermark.idleTimeoutMs)}`,
    watermark?.maxFutureMs === undefined
      ? undefined
      : `at most ${printDuration(watermark.maxFutureMs)} in the future, else ${watermark.maxFutureAction}`,
    step.bootstrap === true ? 'loaded before a stream looks it up' : undefined,
    `from ${startupText(step.startup)}`,
  ]
}

function topicsText(step: ScanStep): string | undefined {
  const pattern = patternOf(step)
  if (pattern === undefined) return undefined
  const names = step.topics?.map(({ name }) => name).join(', ')
  return `topics like ${pattern}${names === undefined ? '' : `: ${names}`}`
}

function startupText(startup: StartupSpec): string {
  switch (startup.kind) {
    case 'timestamp':
      return `timestamp ${startup.timestampMs}`
    case 'offsets':
      return `offsets ${Object.values(startup.offsets).join(', ')}`
    case 'group-offsets': {
      const { group, otherwise } = startup
      return `the offsets of group "${group}"${otherwise === 'none' ? '' : `, else ${otherwise}`}`
    }
    default:
      return startup.kind
  }
}
