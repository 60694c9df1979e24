import { useEffect, useMemo, useState } from 'preact/hooks'
import { type Failure, failureOf, queries } from '../api.ts'
import { chartOf } from '../chart-series.ts'
import { type Source, useLiveRows } from '../live-rows.ts'
import { Chart } from '../parts/chart.tsx'
import { RowTable } from '../parts/row-table.tsx'
import { SqlEditor } from '../parts/sql-editor.tsx'
import { Failed, Notice } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { StatementResult } from '../proto/weir/v1/query_pb.ts'
import { ChangelogMode, type Schema } from '../proto/weir/v1/types_pb.ts'
import { loadWords, NO_WORDS } from '../sql-words.ts'
import { short } from '../values.ts'

const TEXT_KEY = 'weir-editor'
const EXAMPLE = `-- Ctrl-Enter runs what is selected, else all.
SHOW STREAMS;
`
/** A reader over a stream begins now; a script can say otherwise with SET. */
const QUERY = /^\s*(--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(SELECT|WITH|FROM|VALUES|PRINT)\b/i

export function EditorPage() {
  const [text, setText] = useState(() => sessionStorage.getItem(TEXT_KEY) ?? EXAMPLE)
  const [words, setWords] = useState(NO_WORDS)
  const [source, setSource] = useState<Source>()
  const [results, setResults] = useState<readonly StatementResult[]>([])
  const [failure, setFailure] = useState<Failure>()
  const [settings, setSettings] = useState<Record<string, string>>({})
  const learn = () => void loadWords().then(setWords, () => undefined)
  useEffect(learn, [])

  const change = (now: string) => {
    setText(now)
    sessionStorage.setItem(TEXT_KEY, now)
  }
  const run = (sql: string) => {
    setFailure(undefined)
    setResults([])
    setSource(undefined)
    if (QUERY.test(sql)) {
      setSource({ kind: 'query', request: { sql, settings } })
      return
    }
    void queries.execute({ sql, settings }).then(
      (answer) => {
        setResults(answer.results)
        setSettings(answer.settings)
        learn()
      },
      (error: unknown) => setFailure(failureOf(error)),
    )
  }
  return (
    <>
      <h1>Editor</h1>
      <SqlEditor text={text} words={words} onChange={change} onRun={run} />
      <div class="row">
        <button type="button" class="primary" onClick={() => run(text)}>
          Run
        </button>
        {source !== undefined && (
          <button type="button" onClick={() => setSource(undefined)}>
            Stop
          </button>
        )}
        <span class="dim">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs, <kbd>Ctrl</kbd> <kbd>Space</kbd> completes, <kbd>Esc</kbd> then{' '}
          <kbd>Tab</kbd> leaves the editor
        </span>
      </div>
      <div aria-live="polite">
        {failure !== undefined && <Failed failure={failure} />}
        {results.map((one, i) => (
          <Result key={i} result={one} />
        ))}
      </div>
      {source !== undefined && <Live source={source} />}
    </>
  )
}

function Result({ result: { statement, result } }: { result: StatementResult }) {
  return (
    <section class="result" aria-label={statement}>
      {result.case === 'message' && <p class="done">{result.value}</p>}
      {result.case === 'text' && <pre>{result.value}</pre>}
      {result.case === 'table' && (
        <TextTable columns={result.value.columns} rows={result.value.rows.map(({ cells }) => cells)} />
      )}
      {result.case === 'rows' && result.value.schema !== undefined && (
        <RowTable
          schema={result.value.schema}
          rows={(result.value.batch?.rows ?? []).map(({ values }, id) => ({
            id,
            change: result.value.batch?.changes[id] ?? 0,
            values,
            timeMicros: undefined,
          }))}
          changes={false}
          label={statement}
        />
      )}
    </section>
  )
}

function TextTable({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly string[])[] }) {
  if (rows.length === 0) return <p class="dim">None.</p>
  return (
    <Table label={columns.join(', ')} columns={columns.map((name) => ({ name }))}>
      {rows.map((cells) => (
        <tr key={cells.join('\n')}>
          {cells.map((cell, i) => (
            <td key={columns[i]}>{cell}</td>
          ))}
        </tr>
      ))}
    </Table>
  )
}

function Live({ source }: { source: Source }) {
  const { schema, rows, count, ended, failure } = useLiveRows(source, false)
  const chart = useMemo(() => schema && chartOf(schema, rows), [schema, rows])
  return (
    <section aria-label="Result">
      <h2>
        Result{' '}
        <span class="dim">
          {short(count)} {count === 1 ? 'row' : 'rows'}
          {ended ? '' : ', more may come'}
        </span>
      </h2>
      {failure !== undefined && <Failed failure={failure} />}
      {chart !== undefined && <Chart {...chart} label="The result over time; the table below has the figures" />}
      {schema === undefined || rows.length === 0 ? (
        failure === undefined && <Notice title={ended ? 'No rows' : 'Waiting for rows…'} />
      ) : (
        <RowTable schema={schema} rows={rows} changes={hasChanges(schema)} label="Rows of the result" />
      )}
    </section>
  )
}

function hasChanges({ changelogMode }: Schema): boolean {
  return changelogMode !== ChangelogMode.APPEND
}
