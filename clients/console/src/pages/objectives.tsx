// The objectives of each query: `weir slo` as a page.

import { listed, queries } from '../api.ts'
import { linkTo, usePolled } from '../hooks.ts'
import { Notice, Shown } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { Objective } from '../proto/weir/v1/query_pb.ts'
import { milliseconds, percent } from '../values.ts'

const EVERY_MS = 5_000
const COLUMNS = [
  { name: 'query' },
  { name: 'indicator' },
  { name: 'objective', number: true },
  { name: 'now', number: true },
  { name: 'held', number: true },
  { name: 'target', number: true },
  { name: 'error budget left' },
  { name: 'known for', number: true },
] as const

export function ObjectivesPage() {
  const [loaded] = usePolled(
    (signal) =>
      listed(async (page) => {
        const answer = await queries.listObjectives(page, { signal })
        return { items: answer.objectives, next: answer.nextPageToken }
      }),
    EVERY_MS,
    [],
  )
  return (
    <>
      <h1>Objectives</h1>
      <p class="dim">For how much of the last thirty days each query kept what is promised of it.</p>
      <Shown of={loaded}>
        {(all) =>
          all.length === 0 ? (
            <Notice title="No query runs, so that nothing is promised" />
          ) : (
            <Table label="Objectives" columns={COLUMNS}>
              {all.map((one) => (
                <Line key={`${one.query} ${one.indicator}`} objective={one} />
              ))}
            </Table>
          )
        }
      </Shown>
    </>
  )
}

function Line({ objective }: { objective: Objective }) {
  const { query, indicator, threshold, value, attainment, target, errorBudget, minutes } = objective
  const figure = (of: number) => (indicator.endsWith('_ms') ? milliseconds(of) : percent(of))
  const missed = value !== undefined && value >= threshold
  return (
    <tr>
      <th scope="row">
        <a href={linkTo('queries', query)}>{query}</a>
      </th>
      <td class="mono">{indicator}</td>
      <td class="number">&lt; {figure(threshold)}</td>
      <td class={missed ? 'number bad' : 'number'}>{value !== undefined && figure(value)}</td>
      <td class="number">{attainment !== undefined && percent(attainment)}</td>
      <td class="number">{percent(target)}</td>
      <td>{errorBudget !== undefined && <Budget left={errorBudget} />}</td>
      <td class="number">{minutes === 0n ? 'less than 1 min' : milliseconds(Number(minutes) * 60_000)}</td>
    </tr>
  )
}

function Budget({ left }: { left: number }) {
  return (
    <span class="budget">
      <meter
        min={0}
        max={1}
        low={0.25}
        high={0.5}
        optimum={1}
        value={Math.max(0, left)}
        aria-label="error budget left"
      />
      <span class={left <= 0 ? 'bad' : ''}>{left <= 0 ? 'used up' : percent(left)}</span>
    </span>
  )
}
