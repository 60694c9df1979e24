import { listed, queries } from '../api.ts'
import { linkTo, usePolled } from '../hooks.ts'
import { StateBadge } from '../parts/badge.tsx'
import { Notice, Shown } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import { bytesCount, milliseconds, short, timeText } from '../values.ts'

const EVERY_MS = 2_000
/** Each query is asked for its counters. */
const DESCRIBED_MAX = 100
const COLUMNS = [
  { name: 'query' },
  { name: 'state' },
  { name: 'rows in', number: true },
  { name: 'rows out', number: true },
  { name: 'behind', number: true },
  { name: 'lag p95', number: true },
  { name: 'commit p95', number: true },
  { name: 'late', number: true },
  { name: 'failed', number: true },
  { name: 'state size', number: true },
  { name: 'watermark' },
] as const

export function QueriesPage() {
  const [loaded] = usePolled(loadQueries, EVERY_MS, [])
  return (
    <>
      <h1>Queries</h1>
      <Shown of={loaded}>
        {(all) =>
          all.length === 0 ? (
            <Notice title="No query runs yet">
              <p>
                <code>CREATE MATERIALIZED VIEW …</code>, <code>CREATE SINK …</code> and{' '}
                <code>INSERT INTO … SELECT</code> start one. Write it in the <a href={linkTo('editor')}>editor</a>.
              </p>
            </Notice>
          ) : (
            <QueryTable all={all} />
          )
        }
      </Shown>
    </>
  )
}

async function loadQueries(signal: AbortSignal) {
  const summaries = await listed(async (page) => {
    const answer = await queries.listQueries(page, { signal })
    return { items: answer.queries, next: answer.nextPageToken }
  })
  const described = summaries
    .slice(0, DESCRIBED_MAX)
    .map(({ name }) => queries.describeQuery({ name }, { signal }).catch(() => undefined))
  const stats = await Promise.all(described)
  return summaries.map((summary, i) => ({ summary, stats: stats[i]?.stats }))
}

function QueryTable({ all }: { all: Awaited<ReturnType<typeof loadQueries>> }) {
  return (
    <Table label="Queries" columns={COLUMNS}>
      {all.map(({ summary, stats }) => (
        <tr key={summary.name}>
          <th scope="row">
            <a href={linkTo('queries', summary.name)}>{summary.name}</a>
          </th>
          <td>
            <StateBadge state={stats?.state ?? summary.state} />
          </td>
          <td class="number">{stats && short(Number(stats.rowsIn))}</td>
          <td class="number">{stats && short(Number(stats.rowsOut))}</td>
          <td class="number">{stats?.lagRecords !== undefined && short(Number(stats.lagRecords))}</td>
          <td class="number">{stats?.lagMillisP95 !== undefined && milliseconds(stats.lagMillisP95)}</td>
          <td class="number">{stats && milliseconds(stats.checkpointMillisP95)}</td>
          <td class="number">{stats && short(Number(stats.rowsLate))}</td>
          <td class={stats && stats.rowsFailed > 0n ? 'number bad' : 'number'}>
            {stats && short(Number(stats.rowsFailed))}
          </td>
          <td class="number">{stats && bytesCount(stats.stateBytes)}</td>
          <td class="mono">{stats?.watermarkMicros !== undefined && timeText(stats.watermarkMicros)}</td>
        </tr>
      ))}
    </Table>
  )
}
