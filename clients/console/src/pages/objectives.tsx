// The objectives of each query: `weir slo` as a page.

import { listed, queries } from '../api.ts'
import { linkTo, usePolled } from '../hooks.ts'
import { Notice, Shown } from '../parts/states.tsx'
import type { Objective } from '../proto/weir/v1/query_pb.ts'
import { milliseconds, percent } from '../values.ts'

const EVERY_MS = 5_000

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
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached
            <section class="scroll" tabIndex={0} aria-label="Objectives">
              <table>
                <thead>
                  <tr>
                    <th scope="col">query</th>
                    <th scope="col">indicator</th>
                    <th scope="col" class="number">
                      objective
                    </th>
                    <th scope="col" class="number">
                      now
                    </th>
                    <th scope="col" class="number">
                      held
                    </th>
                    <th scope="col" class="number">
                      target
                    </th>
                    <th scope="col">error budget left</th>
                    <th scope="col" class="number">
                      known for
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((one) => (
                    <Line key={`${one.query} ${one.indicator}`} objective={one} />
                  ))}
                </tbody>
              </table>
            </section>
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
