// A continuous query as a script of Flink SQL: settings, the tables that it reads and writes, and INSERT INTO. A pure
// function of the statement and the catalog, like all of planning.

import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { parse, type Span } from '../../../grammar/index.ts'
import { assert } from '../../core/assert.ts'
import type { DurationMs } from '../../core/time.ts'
import type { Catalog, MaterializedRelation, SourceRelation } from '../catalog.ts'
import { Diagnostics, fail } from '../diagnostics.ts'
import type { LogicalPlan } from '../logical/nodes.ts'
import { inputsOf } from '../logical/visit.ts'
import type { QueryOptions } from '../physical/nodes.ts'
import type { ContinuousPlan, ContinuousStatement } from '../planner.ts'
import { printDuration } from '../print-expression.ts'
import { FLINK_VERSION, type FlinkOptions } from './flink-options.ts'
import { Gap, type Note, type Place, placeText, spanIn } from './gap.ts'
import { type ScriptContext, select } from './queries.ts'
import { exposed, outside, type Select, selectText, uniqueNames } from './select.ts'
import { createSink, insertText } from './sinks.ts'
import { createSource } from './sources.ts'
import { comment, quoteName, quoteText } from './text.ts'

export interface FlinkExport {
  readonly name: string
  readonly statement: ContinuousStatement
  readonly planned: ContinuousPlan
  /** That of the statement, or of the name that it is called by. */
  readonly place: Place
  /** Of what was asked for, in the text in sight. */
  readonly span: Span
  readonly catalog: Catalog
  /** Plans the query of a view that is read. */
  readonly planView: (relation: MaterializedRelation) => ContinuousPlan | undefined
  readonly options: FlinkOptions
}

export function flinkScript(
  given: FlinkExport,
): { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics = new Diagnostics()
  const text = diagnostics.attempt(() => {
    const script = new Script(given)
    try {
      return script.write()
    } catch (error) {
      if (!(error instanceof Gap)) throw error
      return failWith(error, given)
    }
  })
  return text === undefined ? { diagnostics: diagnostics.all } : { text }
}

function failWith(gap: Gap, { place, span: target }: FlinkExport): never {
  const at = gap.place ?? place
  const span = at.of === undefined ? spanIn(at, gap.find) : undefined
  const where = span === undefined ? placeText(at, gap.find) : ''
  return fail(span ?? target, 'NOT_SUPPORTED', `Flink SQL has no equal of ${gap.message}${where}`, {
    hint: gap.hint,
  })
}

class Script implements ScriptContext {
  readonly #given: FlinkExport
  readonly #notes = new Set<string>()
  readonly #sources = new Map<string, SourceRelation>()
  readonly #views: string[] = []
  readonly #viewSelects = new Map<string, Select>()
  readonly #names = new Set<string>()
  #place: Place
  #aliases = 0

  constructor(given: FlinkExport) {
    this.#given = given
    this.#place = given.place
    for (const one of given.catalog.relations()) this.#names.add(one.name)
  }

  write(): string {
    const { planned, options, name, statement } = this.#given
    const query = select(planned.logical.optimised, { time: false, start: false, end: false }, this)
    const latenessMs = this.#lateness()
    const sources = [...this.#sources.values()].map((one) =>
      this.#within(placeOf(one), () => createSource(one, latenessMs, options, this.note)),
    )
    const written = statement.kind === 'insert' ? statement.target.name : name
    const isTaken = this.#sources.has(written) || this.#viewSelects.has(written)
    const sinkName = isTaken ? this.#free(`${written}_sink`) : written
    const end = planned.plan.steps.at(-1)
    assert(end?.kind === 'sink', 'a plan ends with a sink')
    const sink = { name: sinkName, target: end, schema: end.schema, guarantee: planned.plan.options.guarantee }
    if (end.connector.kind === 'result')
      this.note({ text: `Weir keeps the rows of "${name}" itself; Flink writes them to a topic`, find: undefined })
    const statements = [...sources, createSink(sink, options, this.note), ...this.#views, insertText(sink, query)]
    const parts = [...settings(planned.plan.options, this.#sources.values()), ...statements].map((one) => `${one};\n`)
    return [this.#head(latenessMs), ...parts].join('\n')
  }

  readonly note = ({ text, find }: Note): void => {
    this.#notes.add(`${text}${placeText(this.#place, find)}`)
  }

  readonly useSource = (relation: SourceRelation): void => {
    this.#sources.set(relation.name, relation)
  }

  readonly alias = (): string => `t${++this.#aliases}`

  readonly addView = (sql: string): string => {
    const name = this.#free(`${this.#given.name}_input`)
    this.#views.push(`CREATE TEMPORARY VIEW ${quoteName(name)} AS\n${sql}`)
    return name
  }

  readonly viewOf = (relation: MaterializedRelation): Select => {
    const known = this.#viewSelects.get(relation.name)
    if (known !== undefined) return known
    const made = this.#within(placeOf(relation), () => this.#addViewOf(relation))
    this.#viewSelects.set(relation.name, made)
    return made
  }

  #addViewOf(relation: MaterializedRelation): Select {
    const planned = this.#given.planView(relation)
    if (planned === undefined) throw new Gap(`view "${relation.name}", whose text is not known`)
    const all = { time: true, start: true, end: true }
    const inner = exposed(select(planned.logical.optimised, all, this), all)
    this.#views.push(`CREATE TEMPORARY VIEW ${quoteName(relation.name)} AS\n${selectText(inner)}`)
    const width = relation.schema.fields.length
    const made = outside(quoteName(relation.name), inner, width)
    const isInput = !inner.names.some((one) => /^window_(start|end|time)$/.test(one))
    return { ...made, table: isInput ? quoteName(relation.name) : undefined }
  }

  #within<T>(place: Place, write: () => T): T {
    const before = this.#place
    this.#place = place
    try {
      return write()
    } catch (error) {
      if (error instanceof Gap) error.place ??= place
      throw error
    } finally {
      this.#place = before
    }
  }

  #free(name: string): string {
    const free = uniqueNames([...this.#names, name]).at(-1) as string
    this.#names.add(free)
    return free
  }

  /** A watermark is of a stream, so that all that goes by it waits equally long. */
  #lateness(): DurationMs {
    const found = new Set<DurationMs>()
    const visit = (node: LogicalPlan): void => {
      for (const one of latenessOf(node)) found.add(one)
      if (node.kind === 'scan' && node.relation.kind === 'materialized-view') {
        const planned = this.#given.planView(node.relation)
        if (planned !== undefined) visit(planned.logical.optimised)
      }
      for (const input of inputsOf(node)) visit(input)
    }
    visit(this.#given.planned.logical.optimised)
    const [only = 0, second] = found
    if (second === undefined) return only
    throw new Gap('different times of ALLOWED LATENESS in one query', {
      hint: 'In Flink it is the watermark of the stream that waits. Give all windows and joins the same.',
    })
  }

  #head(latenessMs: DurationMs): string {
    const { name, options, statement } = this.#given
    const lines = [
      `Flink SQL ${FLINK_VERSION} for the ${statement.kind.replace(/^create-/, '').replaceAll('-', ' ')} "${name}" of Weir`,
      ...(options.bootstrapServers === undefined
        ? ["Set 'properties.bootstrap.servers' to the brokers of your cluster."]
        : []),
      ...(latenessMs === 0
        ? []
        : [
            `ALLOWED LATENESS: the watermarks are ${printDuration(latenessMs)} further behind than in Weir, for the same rows.`,
          ]),
      ...[...this.#notes].map((one) => `Differs: ${one}`),
    ]
    return `${lines.map(comment).join('\n')}\n`
  }
}

function latenessOf(node: LogicalPlan): readonly DurationMs[] {
  switch (node.kind) {
    case 'window-aggregate':
    case 'window-assign':
      return node.time === 'event' ? [node.late.allowedLatenessMs] : []
    case 'join':
      return 'late' in node.match ? [node.match.late.allowedLatenessMs] : []
    case 'over':
      return [0]
    default:
      return []
  }
}

function placeOf(relation: SourceRelation | MaterializedRelation): Place {
  return { of: `${relation.kind.replaceAll('-', ' ')} "${relation.name}"`, ...treeOf(relation.sql) }
}

export function treeOf(sql: string): Pick<Place, 'sql' | 'tree'> {
  return { sql, tree: sql === '' ? undefined : parse(sql).statements[0] }
}

function settings(
  { guarantee, checkpointIntervalMs, stateTtlMs }: QueryOptions,
  sources: Iterable<SourceRelation>,
): readonly string[] {
  const periods = [...sources].flatMap(({ watermark }) =>
    watermark?.emit.kind === 'periodic' ? [watermark.emit.intervalMs] : [],
  )
  const values: readonly (readonly [string, string])[] = [
    // A TIMESTAMP is UTC.
    ['table.local-time-zone', 'UTC'],
    ['execution.checkpointing.interval', `${checkpointIntervalMs} ms`],
    ['execution.checkpointing.mode', guarantee === 'exactly-once' ? 'EXACTLY_ONCE' : 'AT_LEAST_ONCE'],
    ...(stateTtlMs === undefined ? [] : [['table.exec.state.ttl', `${stateTtlMs} ms`] as const]),
    ...(periods.length === 0 ? [] : [['pipeline.auto-watermark-interval', `${Math.min(...periods)} ms`] as const]),
  ]
  return values.map(([key, value]) => `SET ${quoteText(key)} = ${quoteText(value)}`)
}
