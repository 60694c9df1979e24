// Builds windows from their three spellings: GROUP BY TUMBLE(…), FROM TUMBLE(TABLE …) and ksqlDB's WINDOW clause.
// The arguments of the first two share one rule; which are due, by position or by name, is decided here.

import type {
  ChangelogRelation,
  ColumnRef,
  DeduplicateRelation,
  DerivedRelation,
  Interval,
  NamedRelation,
  WindowClause,
  WindowGroup,
  WindowRelation,
  WindowSpec,
} from './ast.ts'
import { type BuildContext, only } from './build-context.ts'
import { buildColumnRef, buildInterval } from './build-leaf.ts'
import { buildQuery } from './build-query.ts'
import type {
  ChangelogCallCstNode,
  DeduplicateCallCstNode,
  TableArgumentCstNode,
  TableArgumentsCstNode,
  WindowCallCstNode,
  WindowClauseCstNode,
} from './cst.gen.ts'
import type { Span } from './span.ts'

type WindowKind = WindowSpec['kind']
type TableInput = NamedRelation | DerivedRelation

/** The durations of each window in the order of their positions: slide before size, as in Flink. */
const DURATIONS: Readonly<Record<WindowKind, readonly string[]>> = {
  tumble: ['size', 'offset'],
  hop: ['slide', 'size', 'offset'],
  cumulate: ['step', 'size', 'offset'],
  session: ['gap', 'max'],
}

const OPTIONAL_DURATIONS: readonly string[] = ['offset', 'max']

const USAGE: Readonly<Record<WindowKind, string>> = {
  tumble: "TUMBLE(ts, INTERVAL '1' MINUTE)",
  hop: "HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE), the slide before the size",
  cumulate: "CUMULATE(ts, INTERVAL '1' MINUTE, INTERVAL '1' HOUR), the step before the size",
  session: "SESSION(ts, INTERVAL '30' MINUTE, MAX => INTERVAL '4' HOUR)",
}

const TABLE_NAMES: readonly string[] = ['data', 'input', 'table']
const TIME_NAMES: readonly string[] = ['timecol', 'time', 'on_time']

export function buildWindowGroup(context: BuildContext, node: WindowCallCstNode): WindowGroup {
  const kind = windowKind(node)
  const list = new ArgumentList(context, only(node.children.tableArguments))
  const time = list.takeTime()
  const window = takeWindow(context, kind, list, context.span(node))
  if (time === undefined) missing(context, kind, context.span(node), 'a time column')
  return { kind: 'window-group', time: time ?? noColumn(context.span(node)), window, span: context.span(node) }
}

export function buildWindowRelation(context: BuildContext, node: WindowCallCstNode, span: Span): WindowRelation {
  const kind = windowKind(node)
  const list = new ArgumentList(context, only(node.children.tableArguments))
  const { input, partitionBy, isOpenList } = list.takeTable(context.span(node))
  const columns = [...partitionBy]
  // PARTITION BY a, ts, INTERVAL …: without DESCRIPTOR the last column of the list is the time.
  const time = list.takeTime() ?? (isOpenList && columns.length > 1 ? columns.pop() : undefined)
  const window = takeWindow(context, kind, list, context.span(node))
  if (time === undefined) missing(context, kind, context.span(node), 'a time column')
  const whenMissing = noColumn(context.span(node))
  return {
    kind: 'window-relation',
    window,
    input,
    partitionBy: columns,
    time: time ?? whenMissing,
    alias: undefined,
    span,
  }
}

export function buildDeduplicate(context: BuildContext, node: DeduplicateCallCstNode, span: Span): DeduplicateRelation {
  const list = new ArgumentList(context, only(node.children.tableArguments))
  const { input, partitionBy } = list.takeTable(context.span(node))
  const time = list.takeTime()
  const within = list.takeDuration(['within', 'ttl'])
  list.finish('DEDUPLICATE')
  if (partitionBy.length === 0) {
    const hint = "write DEDUPLICATE(TABLE s PARTITION BY id, DESCRIPTOR(ts), WITHIN => INTERVAL '1' HOUR)"
    context.error(context.span(node), 'INVALID_ARGUMENT', 'DEDUPLICATE needs PARTITION BY', { hint })
  }
  return { kind: 'deduplicate-relation', input, partitionBy, time, within, alias: undefined, span }
}

export function buildChangelog(context: BuildContext, node: ChangelogCallCstNode, span: Span): ChangelogRelation {
  const direction = node.children.TO_CHANGELOG ? 'to' : 'from'
  const list = new ArgumentList(context, only(node.children.tableArguments))
  const { input, partitionBy } = list.takeTable(context.span(node))
  const op = list.takeColumn(['op'])
  list.finish(`${direction.toUpperCase()}_CHANGELOG`)
  const first = partitionBy[0]
  if (direction === 'to' && first !== undefined) {
    const hint = 'the changes of a row come in their order as it is'
    context.error(first.span, 'INVALID_ARGUMENT', 'TO_CHANGELOG takes no PARTITION BY', { hint })
  }
  if (direction === 'from' && first === undefined && !list.isBroken) {
    const hint = 'write FROM_CHANGELOG(TABLE s PARTITION BY id)'
    context.error(context.span(node), 'INVALID_ARGUMENT', 'FROM_CHANGELOG needs PARTITION BY', { hint })
  }
  return { kind: 'changelog-relation', direction, input, partitionBy, op, alias: undefined, span }
}

/** What stands in for a part that is missing: the statement has a diagnostic and is not handed out. */
function noColumn(span: Span): ColumnRef {
  return { kind: 'column', path: [], span }
}

function windowKind(node: WindowCallCstNode): WindowKind {
  const { TUMBLE, HOP, CUMULATE } = node.children
  return TUMBLE ? 'tumble' : HOP ? 'hop' : CUMULATE ? 'cumulate' : 'session'
}

function missing(context: BuildContext, kind: WindowKind, span: Span, what: string): void {
  const hint = `write ${USAGE[kind]}`
  context.error(span, 'INVALID_ARGUMENT', `${kind.toUpperCase()} needs ${what}`, { hint })
}

function takeWindow(context: BuildContext, kind: WindowKind, list: ArgumentList, span: Span): WindowSpec {
  const taken: Record<string, Interval | undefined> = {}
  for (const name of DURATIONS[kind]) {
    taken[name] = list.takeDuration(namesOf(kind, name))
    if (taken[name] === undefined && !OPTIONAL_DURATIONS.includes(name) && !list.isBroken) {
      missing(context, kind, span, `a ${name}`)
    }
  }
  list.finish(kind.toUpperCase())
  const none: Interval = { kind: 'interval', months: 0, ms: 0, span }
  const { size = none, slide = none, step = none, gap = none, offset, max } = taken
  if (kind === 'tumble') return { kind, size, offset, span }
  if (kind === 'hop') return { kind, slide, size, offset, span }
  if (kind === 'cumulate') return { kind, step, size, offset, span }
  return { kind, gap, max, span }
}

function namesOf(kind: WindowKind, name: string): readonly string[] {
  if (kind === 'cumulate' && name === 'size') return ['size', 'max']
  return name === 'slide' ? ['slide', 'hop'] : [name]
}

/** Arguments by position and by name; what is taken is gone, and what is left over at the end is an error. */
class ArgumentList {
  readonly #context: BuildContext
  readonly #left: TableArgumentCstNode[]
  /** An argument was of the wrong sort: that others seem to be missing is then no news. */
  isBroken = false

  constructor(context: BuildContext, node: TableArgumentsCstNode) {
    this.#context = context
    this.#left = [...node.children.tableArgument]
  }

  takeTable(span: Span): { input: TableInput; partitionBy: readonly ColumnRef[]; isOpenList: boolean } {
    const node = this.#take(TABLE_NAMES, (argument) => argument.children.tableInput ?? argument.children.timeReference)
    const nothing: NamedRelation = {
      kind: 'named-relation',
      name: { kind: 'identifier', name: '', span },
      alias: undefined,
      span,
    }
    if (node === undefined) {
      this.#context.error(span, 'INVALID_ARGUMENT', 'the table to read is missing', { hint: 'write TABLE name first' })
      this.isBroken = true
      return { input: nothing, partitionBy: [], isOpenList: false }
    }
    const table = node.children.tableInput?.[0]
    const partition = (table ?? node).children.partitionColumns?.[0]
    const partitionBy = (partition?.children.columnReference ?? []).map((column) =>
      buildColumnRef(this.#context, column),
    )
    const isOpenList = partition !== undefined && partition.children.LParen === undefined
    const relationName = table?.children.relationName?.[0]
    const subquery = table?.children.subquery?.[0]
    if (subquery) {
      const query = buildQuery(this.#context, only(subquery.children.query))
      const subquerySpan = this.#context.span(subquery)
      const input: TableInput = {
        kind: 'derived-relation',
        query,
        lateral: false,
        alias: undefined,
        span: subquerySpan,
      }
      return { input, partitionBy, isOpenList }
    }
    const time = node.children.timeReference?.[0]
    const column = time && buildColumnRef(this.#context, only(time.children.columnReference))
    const name = relationName ? this.#context.name(relationName) : column?.path[0]
    if (name === undefined || (column?.path.length ?? 0) > 1) {
      const wrong = this.#context.span(relationName ?? time ?? node)
      this.#context.error(wrong, 'INVALID_ARGUMENT', 'not the name of a stream or table')
      return { input: nothing, partitionBy, isOpenList }
    }
    return { input: { kind: 'named-relation', name, alias: undefined, span: name.span }, partitionBy, isOpenList }
  }

  takeTime(): ColumnRef | undefined {
    return this.takeColumn(TIME_NAMES)
  }

  /** With DESCRIPTOR around it or without. */
  takeColumn(names: readonly string[]): ColumnRef | undefined {
    const node = this.#take(names, ({ children }) => children.descriptor ?? children.timeReference)
    if (node === undefined) return undefined
    const { descriptor, timeReference, partitionColumns } = node.children
    if (partitionColumns) {
      const span = this.#context.span(only(partitionColumns))
      this.#context.error(span, 'INVALID_ARGUMENT', 'PARTITION BY belongs to the table argument')
    }
    const time = only(descriptor ? only(descriptor).children.timeReference : timeReference)
    return buildColumnRef(this.#context, only(time.children.columnReference))
  }

  takeDuration(names: readonly string[]): Interval | undefined {
    const node = this.#take(names, ({ children }) => children.interval)
    return node && buildInterval(this.#context, only(node.children.interval))
  }

  /** Nothing may be left. */
  finish(title: string): void {
    const node = this.#left[0]
    if (node === undefined) return
    const name = this.#nameOf(node)
    const message = name ? `${title} has no argument "${name}"` : `${title} does not take this argument here`
    this.#context.error(this.#context.span(node), 'INVALID_ARGUMENT', message)
  }

  #nameOf(argument: TableArgumentCstNode): string | undefined {
    const name = argument.children.tableArgumentName?.[0]?.children
    return name && this.#context.identifier(only(name.Name ?? name.WITHIN)).name
  }

  /** By name wherever it stands, else the next one without a name if it is of the right sort. */
  #take(
    names: readonly string[],
    sortOf: (argument: TableArgumentCstNode) => unknown,
  ): TableArgumentCstNode | undefined {
    let index = this.#left.findIndex((argument) => names.includes(this.#nameOf(argument) ?? ''))
    const isNamed = index !== -1
    if (!isNamed) index = this.#left.findIndex((argument) => this.#nameOf(argument) === undefined)
    const node = this.#left[index]
    if (node === undefined) return undefined
    if (sortOf(node) === undefined) {
      if (isNamed) {
        this.#context.error(
          this.#context.span(node),
          'INVALID_ARGUMENT',
          `"${this.#nameOf(node)}" cannot have this value`,
        )
        this.#left.splice(index, 1)
        this.isBroken = true
      }
      return undefined
    }
    this.#left.splice(index, 1)
    return node
  }
}

// ---- ksqlDB --------------------------------------------------------------------------------------------------

export function buildWindowClause(context: BuildContext, node: WindowClauseCstNode): WindowClause {
  const { children } = node
  const span = context.span(node)
  const [first, second] = (children.interval ?? []).map((interval) => buildInterval(context, interval))
  const options = (children.windowOptions ?? []).flatMap((list) => list.children.windowOption ?? [])
  const option = (name: 'RETENTION' | 'GRACE') => {
    const found = options.filter((candidate) => candidate.children[name])
    if (found[1]) context.error(context.span(found[1]), 'DUPLICATE_CLAUSE', `${name} is given twice`)
    return found[0] && buildInterval(context, only(found[0].children.interval))
  }
  const retention = option('RETENTION')
  const grace = option('GRACE')
  const window: WindowSpec = children.TUMBLING
    ? { kind: 'tumble', size: first!, offset: undefined, span }
    : children.HOPPING
      ? { kind: 'hop', slide: second!, size: first!, offset: undefined, span }
      : { kind: 'session', gap: first!, max: undefined, span }
  return { kind: 'window-clause', window, retention, grace, span }
}
