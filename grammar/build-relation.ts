// Builds what stands in FROM: relations, joins and MATCH_RECOGNIZE.

import type {
  AfterMatch,
  AsOf,
  Identifier,
  Join,
  MatchRecognize,
  Pattern,
  PatternRepeat,
  Relation,
  Within,
} from './ast.ts'
import { buildOrderBy } from './build-call.ts'
import { type BuildContext, only } from './build-context.ts'
import { buildExpression } from './build-expression.ts'
import { buildColumnNames, buildColumnRef, buildInterval } from './build-leaf.ts'
import { buildAlias, buildQuery } from './build-query.ts'
import { buildChangelog, buildDeduplicate, buildWindowRelation } from './build-window.ts'
import type {
  AfterMatchCstNode,
  AsOfCstNode,
  ConditionalJoinCstNode,
  JoinCstNode,
  JoinTypeCstNode,
  MatchRecognizeCstNode,
  PatternCstNode,
  PatternFactorCstNode,
  QuantifierCstNode,
  RelationCstNode,
  WithinCstNode,
} from './cst.gen.ts'
import { joinSpans, type Span } from './span.ts'

/** `isAliasDue` is false where the alias may still follow, after FOR SYSTEM_TIME AS OF. */
export function buildRelation(context: BuildContext, node: RelationCstNode, isAliasDue = true): Relation {
  const { children } = node
  const aliasNode = children.alias?.[0]
  const alias = aliasNode && buildAlias(context, aliasNode)
  const columns = children.columnNames?.[0]
  const source = buildSource(context, node)
  const match = children.matchRecognize?.[0]
  const relation = match ? buildMatchRecognize(context, match, source, context.span(node)) : source
  if (columns && relation.kind !== 'unnest-relation') {
    const span = context.span(columns)
    context.error(span, 'INVALID_ARGUMENT', 'only the alias of UNNEST can name columns', {
      hint: 'name the columns in the SELECT list',
    })
  }
  const aliased: Relation = alias ? { ...relation, alias } : relation
  if (isAliasDue) requireAlias(context, aliased)
  return columns && aliased.kind === 'unnest-relation'
    ? { ...aliased, columns: buildColumnNames(context, columns) }
    : aliased
}

function requireAlias(context: BuildContext, relation: Relation): void {
  if (relation.kind !== 'derived-relation' || relation.alias !== undefined) return
  const hint = 'write AS and a name after the closing parenthesis'
  context.error(relation.span, 'SYNTAX', 'a subquery in FROM needs an alias', { hint })
}

function buildSource(context: BuildContext, node: RelationCstNode): Relation {
  const { children } = node
  const span = context.span(node)
  if (children.relationName) {
    return { kind: 'named-relation', name: context.name(only(children.relationName)), alias: undefined, span }
  }
  if (children.subquery) {
    const query = buildQuery(context, only(only(children.subquery).children.query))
    return { kind: 'derived-relation', query, lateral: children.LATERAL !== undefined, alias: undefined, span }
  }
  if (children.tableFunction) {
    const { windowCall, deduplicateCall, changelogCall } = only(children.tableFunction).children
    if (windowCall) return buildWindowRelation(context, only(windowCall), span)
    return deduplicateCall
      ? buildDeduplicate(context, only(deduplicateCall), span)
      : buildChangelog(context, only(changelogCall), span)
  }
  const unnest = only(children.unnest).children
  const expression = buildExpression(context, only(unnest.expression))
  const ordinality = unnest.ORDINALITY !== undefined
  return { kind: 'unnest-relation', expression, ordinality, alias: undefined, columns: [], span }
}

// ---- joins ---------------------------------------------------------------------------------------------------

export function buildJoin(context: BuildContext, node: JoinCstNode): Join {
  const { conditionalJoin, relation } = node.children
  const span = context.span(node)
  if (conditionalJoin) return buildConditionalJoin(context, only(conditionalJoin), span)
  const none = { asOf: undefined, within: undefined, condition: undefined }
  return { kind: 'join', type: 'cross', relation: buildRelation(context, only(relation)), ...none, span }
}

function buildConditionalJoin(context: BuildContext, node: ConditionalJoinCstNode, span: Span): Join {
  const { children } = node
  const asOf = children.asOf?.[0]
  const within = children.within?.[0]
  const lateAlias = children.alias?.[0]
  let relation = buildRelation(context, only(children.relation), lateAlias === undefined)
  if (lateAlias) {
    if (relation.alias) context.error(context.span(lateAlias), 'DUPLICATE_CLAUSE', 'the alias is given twice')
    const name = buildAlias(context, lateAlias)
    relation = { ...relation, alias: name, span: joinSpans(relation.span, name.span) }
  }
  const condition = children.columnNames
    ? ({
        kind: 'join-using',
        columns: buildColumnNames(context, only(children.columnNames)),
        span: context.between(only(children.USING), only(children.columnNames)),
      } as const)
    : ({
        kind: 'join-on',
        expression: buildExpression(context, only(children.expression)),
        span: context.between(only(children.ON), only(children.expression)),
      } as const)
  return {
    kind: 'join',
    type: joinType(children.joinType?.[0]),
    relation,
    asOf: asOf && buildAsOf(context, asOf),
    within: within && buildWithin(context, within),
    condition,
    span,
  }
}

function joinType(node: JoinTypeCstNode | undefined): Join['type'] {
  if (node?.children.LEFT) return 'left'
  if (node?.children.RIGHT) return 'right'
  return node?.children.FULL ? 'full' : 'inner'
}

function buildAsOf(context: BuildContext, node: AsOfCstNode): AsOf {
  const column = node.children.columnReference?.[0]
  return { kind: 'as-of', time: column && buildColumnRef(context, column), span: context.span(node) }
}

function buildWithin(context: BuildContext, node: WithinCstNode): Within {
  const intervals = (node.children.interval ?? []).map((interval) => buildInterval(context, interval))
  const grace = node.children.GRACE ? intervals.pop() : undefined
  const before = intervals[0]!
  return { kind: 'within', before, after: intervals[1] ?? before, grace, span: context.span(node) }
}

// ---- MATCH_RECOGNIZE -----------------------------------------------------------------------------------------

function buildMatchRecognize(
  context: BuildContext,
  node: MatchRecognizeCstNode,
  input: Relation,
  span: Span,
): Relation {
  if (input.kind !== 'named-relation' && input.kind !== 'derived-relation') {
    context.error(input.span, 'INVALID_ARGUMENT', 'MATCH_RECOGNIZE reads a stream, a table or a subquery')
    return input
  }
  const { children } = node
  const rows = children.rowsPerMatch?.[0]
  const after = children.afterMatch?.[0]
  const within = children.interval?.[0]
  const measures = (children.measure ?? []).map((measure) => ({
    kind: 'select-item' as const,
    expression: buildExpression(context, only(measure.children.expression)),
    alias: context.name(only(measure.children.newName)),
    span: context.span(measure),
  }))
  const defines = (children.patternDefinition ?? []).map((definition) => ({
    kind: 'pattern-definition' as const,
    variable: context.name(only(definition.children.newName)),
    condition: buildExpression(context, only(definition.children.expression)),
    span: context.span(definition),
  }))
  const partitions = children.partitionBy?.[0]?.children.expression ?? []
  const result: MatchRecognize = {
    kind: 'match-recognize',
    input,
    partitionBy: partitions.map((expression) => buildExpression(context, expression)),
    orderBy: buildOrderBy(context, children.orderBy?.[0]),
    measures,
    rows: rows && (rows.children.ONE ? 'one' : 'all'),
    afterMatch: after && buildAfterMatch(context, after),
    pattern: buildPattern(context, only(children.pattern)),
    within: within && buildInterval(context, within),
    defines,
    alias: undefined,
    span,
  }
  return result
}

function buildAfterMatch(context: BuildContext, node: AfterMatchCstNode): AfterMatch {
  const { PAST, NEXT, FIRST, newName } = node.children
  const variable: Identifier | undefined = newName && context.name(only(newName))
  const skip = PAST ? 'past-last-row' : NEXT ? 'to-next-row' : FIRST ? 'to-first' : 'to-last'
  return { kind: 'after-match', skip, variable, span: context.span(node) }
}

function buildPattern(context: BuildContext, node: PatternCstNode): Pattern {
  const options = node.children.patternSequence.map((sequence): Pattern => {
    const parts = sequence.children.patternFactor.map((factor) => buildPatternFactor(context, factor))
    return parts.length === 1 ? parts[0]! : { kind: 'pattern-sequence', parts, span: context.span(sequence) }
  })
  return options.length === 1 ? options[0]! : { kind: 'pattern-choice', options, span: context.span(node) }
}

function buildPatternFactor(context: BuildContext, node: PatternFactorCstNode): Pattern {
  const { newName, pattern, quantifier } = node.children
  const part: Pattern = newName
    ? { kind: 'pattern-variable', name: context.name(only(newName)), span: context.span(only(newName)) }
    : buildPattern(context, only(pattern))
  return quantifier ? buildRepeat(context, part, only(quantifier), context.span(node)) : part
}

function buildRepeat(context: BuildContext, part: Pattern, node: QuantifierCstNode, span: Span): PatternRepeat {
  const { Star, Plus, LBrace, Comma, min, max, reluctant } = node.children
  const greedy = reluctant === undefined
  const base = { kind: 'pattern-repeat', part, greedy, span } as const
  if (Star) return { ...base, min: 0, max: undefined }
  if (Plus) return { ...base, min: 1, max: undefined }
  if (!LBrace) return { ...base, min: 0, max: 1 }
  const least = min && Number(only(min).image)
  const most = Comma ? max && Number(only(max).image) : least
  const isCounted = least !== undefined || most !== undefined
  const isOrdered = (least ?? 0) <= (most ?? Number.POSITIVE_INFINITY) && (most ?? 1) > 0
  const isSmall = Math.max(least ?? 0, most ?? 0) <= PATTERN_REPEAT_MAX
  if (!isCounted || !isOrdered || !isSmall) {
    const hint = `write {2}, {2,}, {2,5} or {,5}, with numbers up to ${PATTERN_REPEAT_MAX}`
    context.error(context.span(node), 'INVALID_ARGUMENT', 'not a number of repetitions', { hint })
  }
  return { ...base, min: least ?? 0, max: most }
}

/** Each repetition is a state of the matcher. */
const PATTERN_REPEAT_MAX = 1_000
