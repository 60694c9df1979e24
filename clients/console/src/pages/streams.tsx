import { useMemo, useState } from 'preact/hooks'
import { catalog, listedObjects } from '../api.ts'
import { linkTo, usePolled } from '../hooks.ts'
import { type Source, useLiveRows } from '../live-rows.ts'
import { RowTable } from '../parts/row-table.tsx'
import { Failed, Notice, Shown } from '../parts/states.tsx'
import { ObjectKind } from '../proto/weir/v1/catalog_pb.ts'
import { ChangelogMode } from '../proto/weir/v1/types_pb.ts'

const EVERY_MS = 5_000
const SAMPLE_ROWS = 50

const KINDS = [
  [ObjectKind.STREAM, 'Streams'],
  [ObjectKind.TABLE, 'Tables'],
  [ObjectKind.MATERIALIZED_VIEW, 'Materialized views'],
  [ObjectKind.VIEW, 'Views'],
] as const

export function StreamsPage() {
  const [loaded] = usePolled(loadObjects, EVERY_MS, [])
  return (
    <>
      <h1>Streams and tables</h1>
      <Shown of={loaded}>
        {(groups) =>
          groups.length === 0 ? (
            <Notice title="There is none yet">
              <p>
                <code>CREATE STREAM …</code> makes one, in the <a href={linkTo('editor')}>editor</a> or with{' '}
                <code>weir run</code>.
              </p>
            </Notice>
          ) : (
            groups.map(({ title, objects }) => (
              <section key={title} aria-label={title}>
                <h2>{title}</h2>
                <ul class="objects">
                  {objects.map(({ name, detail }) => (
                    <li key={name}>
                      <a href={linkTo('streams', name)}>{name}</a>
                      <span class="dim">{detail}</span>
                    </li>
                  ))}
                </ul>
              </section>
            ))
          )
        }
      </Shown>
    </>
  )
}

async function loadObjects(signal: AbortSignal) {
  const groups = await Promise.all(
    KINDS.map(async ([kind, title]) => ({ title, objects: await listedObjects(kind, signal) })),
  )
  return groups.filter(({ objects }) => objects.length > 0)
}

export function StreamPage({ name }: { name: string }) {
  const [loaded] = usePolled((signal) => catalog.describeObject({ name }, { signal }), EVERY_MS, [name])
  return (
    <>
      <p class="crumbs">
        <a href={linkTo('streams')}>Streams and tables</a> /
      </p>
      <h1>{name}</h1>
      <Shown of={loaded}>
        {({ schema, sql }) => (
          <>
            <h2>Columns</h2>
            <ul class="objects">
              {schema?.columns.map((column, i) => (
                <li key={column.name}>
                  <b>{column.name}</b>
                  <span class="dim">
                    {column.type?.sql}
                    {column.nullable ? '' : ' NOT NULL'}
                    {schema.keyColumns.includes(i) ? ', key' : ''}
                    {schema.timeColumn === i ? ', event time' : ''}
                  </span>
                </li>
              ))}
            </ul>
            <Sample name={name} />
            <h2>Statement</h2>
            <pre class="sql">{sql}</pre>
          </>
        )}
      </Shown>
    </>
  )
}

/** From the beginning of what is kept, or what comes from now on. */
function Sample({ name }: { name: string }) {
  const [from, setFrom] = useState<'earliest' | 'latest'>('earliest')
  return (
    <>
      <h2>Sample</h2>
      <fieldset class="row">
        <legend class="hidden">Where the sample begins</legend>
        {(['earliest', 'latest'] as const).map((mode) => (
          <label key={mode}>
            <input type="radio" name="from" checked={from === mode} onChange={() => setFrom(mode)} />
            {mode === 'earliest' ? 'from the beginning' : 'what comes now'}
          </label>
        ))}
      </fieldset>
      <Rows name={name} from={from} />
    </>
  )
}

export function Rows({ name, from, newestOnly }: { name: string; from: 'earliest' | 'latest'; newestOnly?: boolean }) {
  const source = useMemo((): Source => {
    const limit = newestOnly ? '' : ` LIMIT ${SAMPLE_ROWS}`
    const sql = `SELECT * FROM "${name.replaceAll('"', '""')}" EMIT CHANGES${limit}`
    return { kind: 'query', request: { sql, settings: { 'scan.startup.mode': from } } }
  }, [name, from, newestOnly])
  const { schema, rows, ended, failure } = useLiveRows(source, false)
  if (failure !== undefined) return <Failed failure={failure} />
  if (schema === undefined || rows.length === 0) return <Notice title={ended ? 'No rows' : 'Waiting for rows…'} />
  const changes = schema.changelogMode !== ChangelogMode.APPEND
  return <RowTable schema={schema} rows={rows} changes={changes} label={`Rows of ${name}`} />
}
