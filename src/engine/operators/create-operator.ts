import { must, unreachable } from '../../core/assert.ts'
import type { Schema } from '../../core/schema.ts'
import type { TemporalJoinStep } from '../../plan/physical/join-steps.ts'
import type { ScanStep, SinkStep, Step } from '../../plan/physical/nodes.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { Operator } from '../operator.ts'
import { AsOfJoin } from './as-of-join.ts'
import { Deduplicate } from './deduplicate.ts'
import { Filter } from './filter.ts'
import { FromChangelog } from './from-changelog.ts'
import { GroupAggregate } from './group-aggregate.ts'
import { IntervalJoin } from './interval-join.ts'
import { LatestJoin } from './latest-join.ts'
import { LatestRowsJoin } from './latest-rows-join.ts'
import { Limit } from './limit.ts'
import { LocalAggregate } from './local-aggregate.ts'
import { LookupJoin } from './lookup-join.ts'
import { MatchRecognize } from './match-recognize.ts'
import { Normalize } from './normalize.ts'
import { OverAggregate } from './over-aggregate.ts'
import { PassThrough } from './pass-through.ts'
import { Project } from './project.ts'
import { Reorder } from './reorder.ts'
import { SessionAggregate } from './session-aggregate.ts'
import { TableJoin } from './table-join.ts'
import { Throttle } from './throttle.ts'
import { ToChangelog } from './to-changelog.ts'
import { createTopN } from './top-n.ts'
import { Unnest } from './unnest.ts'
import { createWindowAggregate } from './window-aggregate.ts'
import { WindowAssign } from './window-assign.ts'

/** The operator of a step. `inputs` are the schemas of the rows that come in, by port. */
export function createOperator(
  step: Exclude<Step, ScanStep | SinkStep>,
  inputs: readonly Schema[],
  evalContext: EvalContext,
): Operator {
  const input = must(inputs[0], `step "${step.id}" has an input`)
  switch (step.kind) {
    case 'filter':
      return new Filter(step, evalContext)
    case 'project':
      return new Project(step, input, evalContext)
    case 'union':
    case 'exchange':
      return new PassThrough()
    case 'over':
      return new OverAggregate(step, input)
    case 'to-changelog':
      return new ToChangelog(step)
    case 'from-changelog':
      return new FromChangelog(step)
    case 'match-recognize':
      return new MatchRecognize(step, input, evalContext)
    case 'unnest':
      return new Unnest(step, input, evalContext)
    case 'normalize':
      return new Normalize(step, input)
    case 'reorder':
      return new Reorder(step, input)
    case 'interval-join':
      return new IntervalJoin(step, input, right(step, inputs), evalContext)
    case 'temporal-join':
      return createTemporalJoin(step, input, right(step, inputs), evalContext)
    case 'table-join':
      return new TableJoin(step, input, right(step, inputs), evalContext)
    case 'lookup-join':
      return new LookupJoin(step, input, evalContext)
    case 'window-assign':
      return new WindowAssign(step, evalContext)
    case 'local-aggregate':
      return new LocalAggregate(step, input)
    case 'window-aggregate':
      return createWindowAggregate(step, input, evalContext)
    case 'session-aggregate':
      return new SessionAggregate(step, input, evalContext)
    case 'group-aggregate':
      return new GroupAggregate(step, input, evalContext)
    case 'deduplicate':
      return new Deduplicate(step, input, evalContext)
    case 'top-n':
      return createTopN(step, input, evalContext)
    case 'limit':
      return new Limit(step)
    case 'throttle':
      return new Throttle(step, input, evalContext)
    default:
      return unreachable(step)
  }
}

function createTemporalJoin(step: TemporalJoinStep, left: Schema, right: Schema, evalContext: EvalContext): Operator {
  switch (step.row) {
    case 'latest':
      return new LatestJoin(step, left, right, evalContext)
    case 'latest-rows':
      return new LatestRowsJoin(step, left, right, evalContext)
    case 'as-of':
      return new AsOfJoin(step, left, right, evalContext)
  }
}

function right(step: Step, inputs: readonly Schema[]): Schema {
  return must(inputs[1], `step "${step.id}" has two inputs`)
}
