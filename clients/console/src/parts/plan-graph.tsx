// The running plan: steps from left to right, and on each edge what flows along it.

import type { OperatorActivity, PartitionLag } from '../proto/weir/v1/query_pb.ts'
import { milliseconds, percent, short, timeText } from '../values.ts'

const WIDTH = 190
const HEIGHT = 92
const GAP_X = 120
const GAP_Y = 24
const MARGIN = 8
/** An operator that works for so much of its time is where a query waits. */
const BUSY_SHARE = 0.5

interface Placed {
  readonly operator: OperatorActivity
  readonly x: number
  readonly y: number
}

export interface PlanGraphProps {
  readonly operators: readonly OperatorActivity[]
  readonly partitions: readonly PartitionLag[]
}

export function PlanGraph({ operators, partitions }: PlanGraphProps) {
  const placed = place(operators)
  const all = [...placed.values()]
  const width = Math.max(0, ...all.map(({ x }) => x)) + WIDTH + MARGIN
  const height = Math.max(0, ...all.map(({ y }) => y)) + HEIGHT + MARGIN
  const lag = lagText(partitions)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached
    <section class="scroll graph" tabIndex={0} aria-label="Running plan">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(operators)}>
        {all.flatMap(({ operator, x, y }) =>
          operator.inputs.flatMap((input) => {
            const from = placed.get(input)
            return from === undefined ? [] : [<Edge key={`${input} ${operator.id}`} from={from} x={x} y={y} />]
          }),
        )}
        {all.map((one) => (
          <Node key={one.operator.id} {...one} lag={one.operator.inputs.length === 0 ? lag : undefined} />
        ))}
      </svg>
    </section>
  )
}

function Node({ operator, x, y, lag }: Placed & { lag: string | undefined }) {
  const { id, busyShare, stateEntries, watermarkMicros, tableDelayMillis } = operator
  const lines = [
    `${percent(busyShare)} busy${stateEntries > 0n ? `, ${short(Number(stateEntries))} entries` : ''}`,
    watermarkMicros === undefined ? 'no watermark yet' : `watermark ${clock(watermarkMicros)}`,
    lag ?? (tableDelayMillis === undefined ? '' : `table ${milliseconds(tableDelayMillis)} behind`),
  ]
  return (
    <g transform={`translate(${x} ${y})`} class={busyShare >= BUSY_SHARE ? 'node busy' : 'node'}>
      <rect width={WIDTH} height={HEIGHT} rx="8" />
      <rect class="meter" y={HEIGHT - 4} width={WIDTH * Math.min(1, busyShare)} height="4" />
      <text class="node-name" x="12" y="24">
        {id.length > 22 ? `${id.slice(0, 21)}…` : id}
      </text>
      {lines.map((line, i) => (
        <text key={line} x="12" y={44 + 17 * i}>
          {line}
        </text>
      ))}
    </g>
  )
}

function Edge({ from, x, y }: { from: Placed; x: number; y: number }) {
  const [x1, y1, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, y + HEIGHT / 2]
  const middle = (x1 + x) / 2
  return (
    <g class="edge">
      <path d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x} ${y2}`} />
      <text x={middle} y={(y1 + y2) / 2 - 7} text-anchor="middle">
        {short(Math.round(from.operator.rowsOutPerSecond))} rows/s
      </text>
    </g>
  )
}

/** In columns by the longest way from a source, in rows by the order of the plan. */
function place(operators: readonly OperatorActivity[]): ReadonlyMap<string, Placed> {
  const column = new Map<string, number>()
  const rows: number[] = []
  const placed = new Map<string, Placed>()
  for (const operator of operators) {
    const at = Math.max(-1, ...operator.inputs.map((input) => column.get(input) ?? -1)) + 1
    const row = rows[at] ?? 0
    column.set(operator.id, at)
    rows[at] = row + 1
    placed.set(operator.id, {
      operator,
      x: MARGIN + at * (WIDTH + GAP_X),
      y: MARGIN + row * (HEIGHT + GAP_Y),
    })
  }
  return placed
}

function lagText(partitions: readonly PartitionLag[]): string {
  const known = partitions.flatMap(({ records }) => records ?? [])
  return known.length === 0
    ? 'lag unknown'
    : `${short(Number(known.reduce((sum, one) => sum + one, 0n)))} records behind`
}

function clock(micros: bigint): string {
  const text = timeText(micros)
  return text.slice(11) === '' ? text : text.slice(11)
}

function describe(operators: readonly OperatorActivity[]): string {
  return operators
    .map(
      ({ id, rowsInPerSecond, busyShare }) =>
        `${id}: ${short(Math.round(rowsInPerSecond))} rows/s, ${percent(busyShare)} busy`,
    )
    .join('; ')
}
