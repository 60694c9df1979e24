import { assert, must } from '../core/assert.ts'
import type { Batch } from '../core/batch.ts'
import { END_OF_TIME, type EventTimeMs, LOADED, NO_WATERMARK } from '../core/time.ts'
import type { Row } from '../core/value.ts'
import type { Step } from '../plan/physical/nodes.ts'
import type { EvalContext } from './expression/compile.ts'
import type { Operator, OperatorMetrics, Output } from './operator.ts'
import type { Found } from './ports/lookup.ts'
import type { StateStore } from './ports/state.ts'
import type { TimeMeter } from './time-meter.ts'

/**
 * The operators of one plan, wired. A batch that is pushed in at a scan runs through everything behind it before the
 * call returns.
 *
 * What the pipeline does and no operator has to: the minimum of watermarks over input ports (idle ones left out),
 * counting rows, and remembering the watermark of each operator with its state. After a restart an operator judges
 * lateness exactly as before the stop, even until the sources have spoken.
 */
export interface PipelineNode {
  readonly step: Step
  /** Undefined for a scan: its rows come from outside. */
  readonly operator: Operator | undefined
  readonly inputs: readonly PipelineNode[]
  readonly outputs: { readonly node: PipelineNode; readonly port: number }[]
  readonly metrics: OperatorMetrics
  readonly out: Output
  readonly ports: WatermarkPort[]
  /** Where the watermark is kept; undefined for operators that do not ask for it. */
  readonly store: StateStore | undefined
  watermark: EventTimeMs
  storedWatermark: EventTimeMs
  emittedWatermark: EventTimeMs
  idle: boolean
}

export interface WatermarkPort {
  watermark: EventTimeMs
  idle: boolean
}

/** Key of a node's watermark in its `watermark` table. */
const WATERMARK_KEY = Uint8Array.of(0)

export class Pipeline {
  /** Each after its inputs. */
  readonly #nodes: readonly PipelineNode[]
  readonly #scans: ReadonlyMap<string, PipelineNode>
  readonly #sinks: readonly PipelineNode[]
  readonly #context: { nowMs: number } & EvalContext
  readonly #metrics: ReadonlyMap<string, OperatorMetrics>
  readonly #meter: TimeMeter
  readonly #mayHoldBack: boolean
  readonly #mayWant: boolean
  #epoch: number | undefined

  constructor(nodes: readonly PipelineNode[], context: { nowMs: number } & EvalContext, meter: TimeMeter) {
    this.#meter = meter
    this.#nodes = nodes
    this.#context = context
    this.#scans = new Map(nodes.filter((node) => node.operator === undefined).map((node) => [node.step.id, node]))
    this.#sinks = nodes.filter((node) => node.outputs.length === 0)
    this.#mayHoldBack = nodes.some(({ operator }) => operator?.holdsBack !== undefined)
    this.#mayWant = nodes.some(({ operator }) => operator?.wanted !== undefined)
    this.#metrics = new Map(nodes.map((node) => [node.step.id, node.metrics]))
  }

  /** After a restart: operators without state of their own hear what those before them had reached. */
  start(): void {
    for (const node of this.#nodes) {
      if (node.operator !== undefined) forwardWatermark(node, outputWatermark(node), this.#meter)
    }
  }

  get scanIds(): readonly string[] {
    return [...this.#scans.keys()]
  }

  /** Event time that everything has reached: the minimum over the sinks. */
  get watermark(): EventTimeMs {
    return Math.min(...this.#sinks.map((node) => node.watermark))
  }

  /**
   * True when no sink will ever get another row: all input has ended, or each way to it ends in a LIMIT that is
   * reached.
   */
  get finished(): boolean {
    return this.#sinks.every(isFinished)
  }

  /** Rows of the scan would only be kept waiting: it is not to be read for now. */
  holdsBack(scanId: string): boolean {
    return this.#mayHoldBack && isHeldBack(this.#scan(scanId))
  }

  /** Processing time, for NOW() and the like. */
  setNow(nowMs: number): void {
    this.#context.nowMs = nowMs
  }

  onBatch(scanId: string, batch: Batch): void {
    const scan = this.#scan(scanId)
    scan.metrics.rowsIn += batch.length
    scan.out.emit(batch)
  }

  onWatermark(scanId: string, watermark: EventTimeMs): void {
    forwardWatermark(this.#scan(scanId), watermark, this.#meter)
  }

  /** An idle input holds no watermark back; what it has reached counts again as soon as it wakes. */
  onIdle(scanId: string, idle: boolean): void {
    forwardIdle(this.#scan(scanId), idle, this.#meter)
  }

  onTime(nowMs: number): void {
    this.setNow(nowMs)
    for (const node of this.#nodes) {
      if (node.operator?.onTime === undefined) continue
      const before = this.#meter.enter(node.metrics)
      node.operator.onTime(nowMs, node.out)
      this.#meter.leave(before)
      // Windows of processing time move their output's watermark by the clock.
      forwardWatermark(node, outputWatermark(node), this.#meter)
    }
  }

  /** Steps with rows that wait for what is under these keys. */
  wanted(): readonly { readonly step: string; readonly keys: readonly Row[] }[] {
    if (!this.#mayWant) return []
    return this.#nodes.flatMap(({ step, operator }) => {
      const keys = operator?.wanted?.()
      return keys === undefined ? [] : [{ step: step.id, keys }]
    })
  }

  /** The answer: what waited goes on, each watermark in its place. */
  found(stepId: string, found: readonly Found[]): void {
    const node = must(
      this.#nodes.find(({ step }) => step.id === stepId),
      `step "${stepId}" is part of the plan`,
    )
    node.operator?.found?.(found)
    for (let more = true; more; ) {
      const before = this.#meter.enter(node.metrics)
      more = node.operator?.release?.(node.out) ?? false
      this.#meter.leave(before)
      forwardWatermark(node, outputWatermark(node), this.#meter)
    }
  }

  /** When `onTime` is due; undefined when nothing waits for the clock. */
  nextTimeMs(): number | undefined {
    let next: number | undefined
    for (const { operator } of this.#nodes) {
      const time = operator?.nextTimeMs?.()
      if (time !== undefined && (next === undefined || time < next)) next = time
    }
    return next
  }

  /** From sources to sinks: what an operator holds back until the barrier is part of the epoch for all behind it. */
  onBarrier(epoch: number): void {
    assert(this.#epoch === undefined || epoch === this.#epoch + 1, 'epochs are consecutive')
    this.#epoch = epoch
    for (const node of this.#nodes) {
      const before = this.#meter.enter(node.metrics)
      node.operator?.onBarrier?.(epoch, node.out)
      this.#meter.leave(before)
      if (node.store === undefined || node.watermark === node.storedWatermark) continue
      node.store.put(WATERMARK_KEY, encodeWatermark(node.watermark))
      node.storedWatermark = node.watermark
    }
  }

  onCommitted(): void {
    for (const node of this.#nodes) node.operator?.onCommitted?.()
  }

  /** By step id. */
  metrics(): ReadonlyMap<string, OperatorMetrics> {
    return this.#metrics
  }

  /** Event time that a step has reached; of a scan, what it has told those behind it. */
  watermarkOf(stepId: string): EventTimeMs {
    const node = this.#nodes.find(({ step }) => step.id === stepId)
    const watermark = node?.operator === undefined ? node?.emittedWatermark : node.watermark
    return watermark === undefined || watermark === LOADED ? NO_WATERMARK : watermark
  }

  /**
   * Of a join of a stream with a table: how far the table is behind the stream in event time, ms. Undefined of other
   * steps, and where one of the two has not told of its time.
   */
  tableDelayMs(stepId: string): number | undefined {
    const node = this.#nodes.find(({ step }) => step.id === stepId)
    if (node?.step.kind !== 'temporal-join') return undefined
    const [stream, table] = node.ports.map(({ watermark }) => watermark)
    if (!isTime(stream) || !isTime(table)) return undefined
    return Math.max(0, stream - table)
  }

  close(): void {
    for (const node of this.#nodes) node.operator?.close?.()
  }

  #scan(scanId: string): PipelineNode {
    return must(this.#scans.get(scanId), `scan "${scanId}" is part of the plan`)
  }
}

/** The watermark that a node had reached at the last checkpoint. */
export function restoreWatermark(store: StateStore): EventTimeMs {
  const bytes = store.get(WATERMARK_KEY)
  if (bytes === undefined) return NO_WATERMARK
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0)
}

function encodeWatermark(watermark: EventTimeMs): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, watermark)
  return bytes
}

function isFinished(node: PipelineNode): boolean {
  if (node.operator?.finished === true || node.emittedWatermark === END_OF_TIME) return true
  return node.inputs.length > 0 && node.inputs.every(isFinished)
}

/** The node's output has reached `watermark`; everything behind it hears of that, unless it is nothing new. */
function forwardWatermark(node: PipelineNode, watermark: EventTimeMs, meter: TimeMeter): void {
  if (watermark <= node.emittedWatermark) return
  node.emittedWatermark = watermark
  for (const { node: next, port } of node.outputs) {
    const input = next.ports[port] as WatermarkPort
    input.watermark = watermark
    advance(next, meter)
  }
}

function forwardIdle(node: PipelineNode, idle: boolean, meter: TimeMeter): void {
  if (idle === node.idle) return
  node.idle = idle
  node.operator?.onIdle?.(idle, node.out)
  for (const { node: next, port } of node.outputs) {
    const input = next.ports[port] as WatermarkPort
    input.idle = idle
    advance(next, meter)
    forwardIdle(next, next.ports.every(isIdle), meter)
  }
}

function advance(node: PipelineNode, meter: TimeMeter): void {
  const watermark = inputWatermark(timedPorts(node))
  if (watermark <= node.watermark) return
  node.watermark = watermark
  const before = meter.enter(node.metrics)
  node.operator?.onWatermark?.(watermark, node.out)
  meter.leave(before)
  forwardWatermark(node, outputWatermark(node), meter)
}

function timedPorts({ operator, ports }: PipelineNode): readonly WatermarkPort[] {
  const timed = operator?.timedPorts
  return timed === undefined ? ports : timed.map((port) => ports[port] as WatermarkPort)
}

/** Whoever is behind an output wants none of its rows now. */
function isHeldBack({ outputs }: PipelineNode): boolean {
  return outputs.some(({ node, port }) => node.operator?.holdsBack?.(port, node.ports) === true || isHeldBack(node))
}

/**
 * The minimum over the ports that are neither idle nor at their end. While all that could still bring rows are idle,
 * the highest of them counts, which its source moves on with the clock: so the last windows close without traffic. An
 * end beside an idle port closes nothing, since rows may come again there.
 */
function inputWatermark(ports: readonly WatermarkPort[]): EventTimeMs {
  let lowest = END_OF_TIME
  let highestIdle = NO_WATERMARK
  let idle = false
  let active = false
  for (const port of ports) {
    if (port.watermark === END_OF_TIME) continue
    if (port.idle) {
      idle = true
      highestIdle = Math.max(highestIdle, port.watermark)
    } else {
      active = true
      lowest = Math.min(lowest, port.watermark)
    }
  }
  return active || !idle ? lowest : highestIdle
}

function outputWatermark(node: PipelineNode): EventTimeMs {
  return node.operator?.outputWatermark?.(node.watermark) ?? node.watermark
}

function isTime(watermark: EventTimeMs | undefined): watermark is EventTimeMs {
  return watermark !== undefined && Number.isFinite(watermark) && watermark !== LOADED
}

function isIdle(port: WatermarkPort): boolean {
  return port.idle
}
