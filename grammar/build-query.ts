// Builds queries: SELECT, UNION ALL and the clauses that follow them.

import type { CstNode } from 'chevrotain'
import type {
  CommonTable,
  Emit,
  Expression,
  Identifier,
  LateRows,
  Query,
  Select,
  SelectItem,
  Star,
  WindowGroup,
} from './ast.ts'
import { buildOrderBy } from './build-call.ts'
import { type BuildContext, only } from './build-context.ts'
import { buildExpression } from './build-expression.ts'
import { buildInterval } from './build-leaf.ts'
import { buildJoin, buildRelation } from './build-relation.ts'
import { buildWindowClause, buildWindowGroup } from './build-window.ts'
import type {
  AliasCstNode,
  CommonTableCstNode,
  EmitCstNode,
  GroupItemCstNode,
  LateRowsCstNode,
  LimitCstNode,
  QueryClauseCstNode,
  QueryCstNode,
  SelectCstNode,
  SelectItemCstNode,
} from './cst.gen.ts'

export function buildQuery(context: BuildContext, node: QueryCstNode): Query {
  const { commonTable = [], select, queryClause = [] } = node.children
  const clause = clausesOf(context, queryClause)
  const lateness = clause('lateness')
  const late = clause('lateRows')
  const emit = clause('emit')
  const limit = clause('limit')
  return {
    kind: 'query',
    ctes: commonTable.map((table) => buildCommonTable(context, table)),
    selects: select.map((branch) => buildSelect(context, branch)),
    lateness: lateness && buildInterval(context, only(lateness.children.interval)),
    late: late && buildLateRows(context, late),
    emit: emit && buildEmit(context, emit),
    orderBy: buildOrderBy(context, clause('orderBy')),
    limit: limit && buildLimit(limit),
    span: context.span(node),
  }
}

type ClauseName = keyof QueryClauseCstNode['children']
type ClauseNode<N extends ClauseName> = NonNullable<QueryClauseCstNode['children'][N]>[number]

const CLAUSE_TITLE: Readonly<Record<ClauseName, string>> = {
  lateness: 'ALLOWED LATENESS',
  lateRows: 'LATE ROWS',
  emit: 'EMIT',
  orderBy: 'ORDER BY',
  limit: 'LIMIT',
}

/** The clauses may come in any order, each of them once. */
function clausesOf(context: BuildContext, nodes: readonly QueryClauseCstNode[]) {
  return <N extends ClauseName>(name: N): ClauseNode<N> | undefined => {
    const found = nodes.flatMap((node) => (node.children[name] ?? []) as readonly ClauseNode<N>[])
    const second: CstNode | undefined = found[1]
    if (second) context.error(context.span(second), 'DUPLICATE_CLAUSE', `${CLAUSE_TITLE[name]} is given twice`)
    return found[0]
  }
}

function buildCommonTable(context: BuildContext, node: CommonTableCstNode): CommonTable {
  const name = context.name(only(node.children.newName))
  const query = buildQuery(context, only(node.children.query))
  return { kind: 'common-table', name, query, span: context.span(node) }
}

function buildLateRows(context: BuildContext, node: LateRowsCstNode): LateRows {
  const into = node.children.newName?.[0]
  return { kind: 'late-rows', into: into && context.name(into), span: context.span(node) }
}

function buildEmit(context: BuildContext, node: EmitCstNode): Emit {
  const mode = node.children.emitMode?.[0]?.children
  const every = node.children.emitEvery?.[0]
  return {
    kind: 'emit',
    mode: mode && (mode.CHANGES ? 'changes' : mode.FINAL ? 'final' : 'on-window-close'),
    every: every && buildInterval(context, only(every.children.interval)),
    span: context.span(node),
  }
}

export function buildLimit(node: LimitCstNode): bigint {
  return BigInt(only(node.children.IntegerLiteral).image)
}

// ---- SELECT --------------------------------------------------------------------------------------------------

function buildSelect(context: BuildContext, node: SelectCstNode): Select {
  const { children } = node
  const relation = children.relation?.[0]
  const window = children.windowClause?.[0]
  const conditions = [...(children.expression ?? [])]
  const where = children.WHERE ? conditions.shift() : undefined
  const having = children.HAVING ? conditions.shift() : undefined
  return {
    kind: 'select',
    distinct: children.DISTINCT !== undefined,
    items: children.selectItem.map((item) => buildSelectItem(context, item)),
    from: relation && buildRelation(context, relation),
    joins: (children.join ?? []).map((join) => buildJoin(context, join)),
    window: window && buildWindowClause(context, window),
    where: where && buildExpression(context, where),
    groupBy: (children.groupItem ?? []).map((item) => buildGroupItem(context, item)),
    having: having && buildExpression(context, having),
    span: context.span(node),
  }
}

function buildSelectItem(context: BuildContext, node: SelectItemCstNode): SelectItem | Star {
  const { Star: star, relationName, expression, alias } = node.children
  const span = context.span(node)
  if (star) return { kind: 'star', qualifier: relationName && context.name(only(relationName)), span }
  return {
    kind: 'select-item',
    expression: buildExpression(context, only(expression)),
    alias: alias && buildAlias(context, only(alias)),
    span,
  }
}

export function buildAlias(context: BuildContext, node: AliasCstNode): Identifier {
  return context.identifier(only(node.children.Name ?? node.children.BareAlias))
}

function buildGroupItem(context: BuildContext, node: GroupItemCstNode): Expression | WindowGroup {
  const { windowCall, expression } = node.children
  return windowCall ? buildWindowGroup(context, only(windowCall)) : buildExpression(context, only(expression))
}
