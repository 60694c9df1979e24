import { useMemo, useState } from 'preact/hooks'
import { failureOf, queries } from '../api.ts'
import { chartOf } from '../chart-series.ts'
import { linkTo, usePolled } from '../hooks.ts'
import { type Source, useLiveRows } from '../live-rows.ts'
import { StateBadge } from '../parts/badge.tsx'
import { Chart } from '../parts/chart.tsx'
import { PlanGraph } from '../parts/plan-graph.tsx'
import { RowTable } from '../parts/row-table.tsx'
import { Failed, Notice, Shown } from '../parts/states.tsx'
import type { AnalyzeQueryResponse, DescribeQueryResponse } from '../proto/weir/v1/query_pb.ts'
import { QueryState } from '../proto/weir/v1/query_pb.ts'
import { bytesCount, milliseconds, short, timeText } from '../values.ts'

/** The analysis looks at the tasks for a second each time. */
const EVERY_MS = 1_000

export function QueryPage({ name }: { name: string }) {
  const [loaded, again] = usePolled(
    async (signal) => {
      const [description, analysis] = await Promise.all([
        queries.describeQuery({ name }, { signal }),
        queries.analyzeQuery({ name }, { signal }),
      ])
      return { description, analysis }
    },
    EVERY_MS,
    [name],
  )
  return (
    <>
      <p class="crumbs">
        <a href={linkTo('queries')}>Queries</a> /
      </p>
      <h1>{name}</h1>
      <Shown of={loaded}>
        {({ description, analysis }) => (
          <>
            <Controls name={name} description={description} onDone={again} />
            <Causes analysis={analysis} />
            <Figures description={description} />
            <h2>Plan</h2>
            {analysis.operators.length === 0 ? (
              <Notice title="Nothing to measure: the query does not run" />
            ) : (
              <PlanGraph operators={analysis.operators} partitions={analysis.partitions} />
            )}
            {description.schema !== undefined && <Results name={name} />}
            <h2>Statement</h2>
            <pre class="sql">{description.sql}</pre>
          </>
        )}
      </Shown>
    </>
  )
}

interface ControlsProps {
  readonly name: string
  readonly description: DescribeQueryResponse
  readonly onDone: () => void
}

function Controls({ name, description: { stats, summary }, onDone }: ControlsProps) {
  const [failure, setFailure] = useState<ReturnType<typeof failureOf>>()
  const state = stats?.state ?? summary?.state ?? QueryState.UNSPECIFIED
  const act = (call: Promise<unknown>) =>
    void call.then(
      () => {
        setFailure(undefined)
        onDone()
      },
      (error: unknown) => setFailure(failureOf(error)),
    )
  return (
    <>
      <div class="row">
        <StateBadge state={state} />
        {state === QueryState.RUNNING && (
          <button type="button" onClick={() => act(queries.pauseQuery({ name }))}>
            Pause
          </button>
        )}
        {(state === QueryState.PAUSED || state === QueryState.FAILED) && (
          <button type="button" onClick={() => act(queries.resumeQuery({ name }))}>
            Resume
          </button>
        )}
      </div>
      {failure !== undefined && <Failed failure={failure} />}
    </>
  )
}

function Causes({
  analysis: { causes, error, silentReplicas, tasksSeen, operators },
}: {
  analysis: AnalyzeQueryResponse
}) {
  return (
    <section aria-label="Diagnosis" class={causes.length > 0 || error !== '' ? 'diagnosis bad-edge' : 'diagnosis'}>
      {error !== '' && <p class="bad">{error}</p>}
      {causes.map((cause) => (
        <p key={cause}>{cause}</p>
      ))}
      {causes.length === 0 && error === '' && <p>{operators.length > 0 ? 'It keeps up.' : 'It does not run.'}</p>}
      {silentReplicas.map((replica) => (
        <p key={replica} class="dim">
          Replica “{replica}” did not tell of its tasks.
        </p>
      ))}
      {tasksSeen > 1 && <p class="dim">{tasksSeen} tasks</p>}
    </section>
  )
}

function Figures({ description: { stats } }: { description: DescribeQueryResponse }) {
  if (stats === undefined) return null
  const figures: readonly (readonly [string, string])[] = [
    ['rows in', short(Number(stats.rowsIn))],
    ['rows out', short(Number(stats.rowsOut))],
    ['behind', stats.lagRecords === undefined ? 'unknown' : `${short(Number(stats.lagRecords))} records`],
    ['lag p95', stats.lagMillisP95 === undefined ? '–' : milliseconds(stats.lagMillisP95)],
    ['commit p95', milliseconds(stats.checkpointMillisP95)],
    ['late rows', short(Number(stats.rowsLate))],
    ['failed rows', short(Number(stats.rowsFailed))],
    ['duplicates', short(Number(stats.rowsDuplicate))],
    ['state', bytesCount(stats.stateBytes)],
    ['watermark', stats.watermarkMicros === undefined ? 'none yet' : timeText(stats.watermarkMicros)],
  ]
  return (
    <dl class="figures">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Results({ name }: { name: string }) {
  const source = useMemo((): Source => ({ kind: 'subscription', request: { name } }), [name])
  const { schema, rows, count, failure } = useLiveRows(source, true)
  const chart = useMemo(() => schema && chartOf(schema, rows), [schema, rows])
  return (
    <>
      <h2>
        Results <span class="dim">{count > 0 && `${short(count)} changes since this page is open`}</span>
      </h2>
      {failure !== undefined && <Failed failure={failure} />}
      {chart !== undefined && (
        <Chart {...chart} label={`Results of ${name} over time; the table below has the figures`} />
      )}
      {schema === undefined || rows.length === 0 ? (
        <Notice title="No rows yet">
          <p class="dim">Rows of windows appear when their watermark has passed.</p>
        </Notice>
      ) : (
        <RowTable schema={schema} rows={rows} changes={false} label={`Results of ${name}`} />
      )}
    </>
  )
}
