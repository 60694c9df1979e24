import { assert, must } from '../core/assert.ts'
import type { Batch } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import { NO_WATERMARK } from '../core/time.ts'
import type { PhysicalPlan, SinkStep, Step } from '../plan/physical/nodes.ts'
import type { EvalContext } from './expression/compile.ts'
import { newMetrics, type Operator, type OperatorContext, type OperatorMetrics, type Output } from './operator.ts'
import { createOperator } from './operators/create-operator.ts'
import { Pipeline, type PipelineNode, restoreWatermark } from './pipeline.ts'
import type { StateStore } from './ports/state.ts'
import { TimeMeter } from './time-meter.ts'

/** What a pipeline needs of the task that it runs in. */
export interface PipelineDelegate {
  /** Undefined measures no time. */
  readonly meter?: TimeMeter | undefined
  /** Called once for each step but scans. `metrics` is the object that the pipeline counts rows in. */
  context(step: Step, metrics: OperatorMetrics): OperatorContext
  sink(step: SinkStep): Operator
  /** Puts something around an operator: checks on its edges, a recorder in a test. */
  wrap?(operator: Operator, step: Step, inputs: readonly Schema[]): Operator
}

/** Operators for the steps of a plan, wired and opened. Steps that feed several others are one operator. */
export function buildPipeline(plan: PhysicalPlan, delegate: PipelineDelegate): Pipeline {
  const context = { nowMs: 0 }
  const meter = delegate.meter ?? new TimeMeter()
  const nodes = new Map<string, PipelineNode>()
  for (const step of plan.steps) {
    assert(!nodes.has(step.id), `step "${step.id}" is in the plan once`)
    const inputs = step.inputs.map((id) => must(nodes.get(id), `input "${id}" comes before step "${step.id}"`))
    const node = buildNode(step, inputs, context, delegate, meter)
    nodes.set(step.id, node)
    for (const [port, input] of inputs.entries()) input.outputs.push({ node, port })
  }
  const pipeline = new Pipeline([...nodes.values()], context, meter)
  pipeline.start()
  return pipeline
}

function buildNode(
  step: Step,
  inputs: readonly PipelineNode[],
  evalContext: EvalContext,
  delegate: PipelineDelegate,
  meter: TimeMeter,
): PipelineNode {
  const metrics = newMetrics()
  const schemas = inputs.map((input) => input.step.schema)
  const operator = buildOperator(step, schemas, evalContext, delegate)
  let store: StateStore | undefined
  let watermark = NO_WATERMARK
  if (operator !== undefined) {
    const context = delegate.context(step, metrics)
    if (operator.onWatermark !== undefined) {
      store = context.store('watermark')
      watermark = restoreWatermark(store)
    }
    operator.open({ ...context, restoredWatermark: watermark })
  }
  const outputs: PipelineNode['outputs'] = []
  return {
    step,
    operator,
    inputs,
    outputs,
    metrics,
    out: output(outputs, metrics, meter),
    ports: inputs.map(() => ({ watermark, idle: false })),
    store,
    watermark,
    storedWatermark: watermark,
    emittedWatermark: NO_WATERMARK,
    idle: false,
  }
}

function buildOperator(
  step: Step,
  inputs: readonly Schema[],
  evalContext: EvalContext,
  delegate: PipelineDelegate,
): Operator | undefined {
  if (step.kind === 'scan') return undefined
  const operator = step.kind === 'sink' ? delegate.sink(step) : createOperator(step, inputs, evalContext)
  return delegate.wrap?.(operator, step, inputs) ?? operator
}

function output(outputs: PipelineNode['outputs'], metrics: OperatorMetrics, meter: TimeMeter): Output {
  return {
    emit: (batch: Batch) => {
      if (batch.length === 0) return
      metrics.rowsOut += batch.length
      for (const { node, port } of outputs) {
        node.metrics.rowsIn += batch.length
        const before = meter.enter(node.metrics)
        ;(node.operator as Operator).onBatch(port, batch, node.out)
        meter.leave(before)
      }
    },
  }
}
