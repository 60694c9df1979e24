import type { QuerySpec, StreamEvent, StreamSpec, Window } from './workload.ts'

/** A workload's stream and query as Weir's SQL. */
export function createStreamSql(name: string, stream: StreamSpec): string {
  const emit = stream.emit.kind === 'on-event' ? 'EMIT ON EVENT' : `EMIT PERIODIC ${interval(stream.emit.intervalMs)}`
  return (
    `CREATE STREAM ${name} (id BIGINT, k STRING, g BIGINT, b BOOLEAN, i BIGINT, d DECIMAL(12,2), x DOUBLE, s STRING,` +
    ` ts TIMESTAMP, WATERMARK FOR ts AS ts - ${interval(stream.delayMs)} ${emit})` +
    ` WITH (connector = 'embedded', topic = '${name}', partitions = ${stream.partitions}) FORMAT PLAIN ENCODE JSON`
  )
}

export function querySql(source: string, query: QuerySpec): string {
  return outerSql(innerSql(source, query), query, 'weir')
}

/** What stands around a query; the same for both engines. */
export function outerSql(inner: string, query: QuerySpec, dialect: 'weir' | 'duck'): string {
  const { outer } = query
  if (outer === undefined) return inner
  if (outer.kind === 'aggregate') {
    const outputs = [...outer.keys, ...outer.aggregates].map((output) => `${output[dialect]} AS ${output.name}`)
    const groups = outer.keys.map((key) => key[dialect]).join(', ')
    return `SELECT ${outputs.join(', ')} FROM (${inner}) x ${groups === '' ? '' : `GROUP BY ${groups}`}`
  }
  const columns = [...query.keys, ...query.aggregates].map((output) => output.name).join(', ')
  const partition = outer.partitionBy.map((key) => key[dialect]).join(', ')
  const over = `${partition === '' ? '' : `PARTITION BY ${partition} `}ORDER BY ${outer.orderBy}`
  return (
    `SELECT ${columns}${outer.withRank ? ', rn' : ''} FROM (SELECT *, ROW_NUMBER() OVER (${over}) AS rn` +
    ` FROM (${inner}) x) y WHERE rn <= ${outer.limit}`
  )
}

function innerSql(source: string, query: QuerySpec): string {
  const { window, spelling } = query
  const tableFunction = window !== undefined && spelling === 'table-function'
  const outputs = [...query.keys, ...query.aggregates].map((output) => `${output.weir} AS ${output.name}`)
  if (window !== undefined) outputs.splice(query.keys.length, 0, 'window_start', 'window_end')
  const groups = query.keys.map((key) => key.weir)
  if (tableFunction) groups.push('window_start', 'window_end')
  else if (window !== undefined) groups.push(windowGroup(window))
  const from = tableFunction ? `TABLE(${windowFunction(source, window)})` : source
  return [
    `SELECT ${outputs.join(', ')}`,
    `FROM ${from}`,
    query.where === undefined ? '' : `WHERE ${query.where}`,
    groups.length === 0 ? '' : `GROUP BY ${groups.join(', ')}`,
    query.having === undefined ? '' : `HAVING ${query.having.weir}`,
    query.latenessMs === 0 ? '' : `ALLOWED LATENESS ${interval(query.latenessMs)}`,
    window === undefined ? '' : `EMIT ${query.emit.replaceAll('-', ' ').toUpperCase()}`,
  ]
    .filter((clause) => clause !== '')
    .join('\n')
}

export function eventJson(event: StreamEvent): string {
  const { id, k, g, b, i, d, x, s, ts } = event
  const text = (value: string | number | boolean | null): string => JSON.stringify(value)
  return `{"id":${id},"k":${text(k)},"g":${g},"b":${b},"i":${i},"d":${d},"x":${text(x)},"s":${text(s)},"ts":${ts}}`
}

function windowGroup(window: Window): string {
  switch (window.kind) {
    case 'tumble':
      return `TUMBLE(ts, ${interval(window.sizeMs)}${offset(window.offsetMs)})`
    case 'hop':
      return `HOP(ts, ${interval(window.slideMs)}, ${interval(window.sizeMs)}${offset(window.offsetMs)})`
    case 'cumulate':
      return `CUMULATE(ts, ${interval(window.stepMs)}, ${interval(window.sizeMs)})`
    case 'session':
      return `SESSION(ts, ${interval(window.gapMs)})`
  }
}

function windowFunction(source: string, window: Window): string {
  return windowGroup(window).replace('(ts', `(TABLE ${source}, DESCRIPTOR(ts)`)
}

function offset(offsetMs: number): string {
  return offsetMs === 0 ? '' : `, ${interval(offsetMs)}`
}

function interval(durationMs: number): string {
  return `INTERVAL '${durationMs}' MILLISECOND`
}
