// MATCH_RECOGNIZE as Flink has it: rows of a stream that follow each other as a pattern says, in the order of event
// time.

import type { Identifier, MatchRecognize, Expression as Node, PatternDefinition } from '../../../grammar/ast.ts'
import type { Field, Schema } from '../../core/schema.ts'
import { BOOLEAN } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { literal } from '../expression-tree.ts'
import { matchRecognize } from '../logical/match-recognize.ts'
import type { Expression } from '../physical/expression.ts'
import type { MatchValue } from '../physical/match-steps.ts'
import { bindCondition, bindExpression, plainContext } from './bind-expression.ts'
import { bindAfterMatch, bindPattern, patternVariable } from './bind-pattern.ts'
import { type BoundRelation, bindRelation } from './bind-relation.ts'
import { positive } from './bind-window.ts'
import { type Clauses, latePolicy, NO_CLAUSES } from './clauses.ts'
import type { Environment } from './environment.ts'
import { MatchValues } from './match-values.ts'
import { isNullable } from './nullable.ts'
import { Projection } from './projection.ts'
import { Scope } from './scope.ts'

export function bindMatchRecognize(node: MatchRecognize, environment: Environment, clauses: Clauses): BoundRelation {
  const from = bindRelation(node.input, environment, NO_CLAUSES)
  checkInput(node, from, environment)
  if (node.rows === 'all') {
    notSupported(node.span, 'ALL ROWS PER MATCH', 'Each match is one row, with what MEASURES says of its rows.')
  }
  const { pattern, variables } = bindPattern(node.pattern)
  const values = new MatchValues(from, environment, variables)
  const conditions = bindDefines(node.defines, values, variables, environment)
  const measures = node.measures.map(({ expression }) =>
    bindExpression(expression, values.context('MEASURES', environment)),
  )
  const partitionBy = node.partitionBy.map((one) => partitionColumn(one, from, environment))
  const names = node.measures.map(({ alias }) => alias).filter((one) => one !== undefined)
  checkNames(names, partitionBy, from)
  if (partitionBy.length === 0 && measures.length === 0) {
    fail(node.span, 'INVALID_QUERY', 'a match has no columns', { hint: 'Say in MEASURES what is told of it.' })
  }
  const afterMatch = bindAfterMatch(node.afterMatch, node.pattern, variables)
  const withinMs = node.within && positive(node.within, 'time of WITHIN')
  const late = lateRows(clauses, from, environment)
  const projection = new Projection(from.plan)
  const built = values.build(projection)
  const input = projection.build()
  const plan = matchRecognize(
    input,
    {
      variables: [...variables.keys()],
      pattern,
      withinMs,
      afterMatch,
      values: built,
      conditions,
      measures,
      partitionBy,
      late,
    },
    measureFields(measures, names, valueFields(built, input.schema)),
  )
  const alias = node.alias?.name
  return { plan, scope: Scope.of(plan.schema, alias, alias === undefined ? 'the matches' : `matches "${alias}"`) }
}

function measureFields(measures: readonly Expression[], names: readonly Identifier[], values: readonly Field[]) {
  return measures.map((one, i) => ({ name: names[i]?.name ?? '', nullable: isNullable(one, values) }))
}

/** The values as columns, for whether they can be NULL: a variable may have no rows, and a match always has. */
function valueFields(values: readonly MatchValue[], { fields }: Schema): readonly Field[] {
  return values.map((one): Field => {
    if (one.kind === 'aggregate') return { name: '', type: one.call.type, nullable: one.call.function !== 'count' }
    const { type, column, variable, offset } = one
    const nullable = variable !== undefined || offset > 0 || fields[column]?.nullable !== false
    return { name: '', type, nullable }
  })
}

/** Rows that are only ever added, in the order of their event time. */
function checkInput(node: MatchRecognize, { plan, scope }: BoundRelation, environment: Environment): void {
  const { mode, timeColumn } = plan.schema
  if (mode !== 'append') {
    fail(node.input.span, 'INVALID_QUERY', `MATCH_RECOGNIZE reads a stream, and ${scope.description} changes its rows`)
  }
  if (timeColumn === undefined) {
    fail(node.input.span, 'INVALID_TIME_COLUMN', `${scope.description} has no event time to order rows by`, {
      hint: "Declare it: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND.",
    })
  }
  const [order, second] = node.orderBy
  const bound = order && bindExpression(order.expression, plainContext(environment, scope, 'ORDER BY'))
  const isTime = bound?.kind === 'column' && bound.index === timeColumn && order?.descending !== true
  if (isTime && second === undefined) return
  fail(second?.span ?? order?.span ?? node.span, 'INVALID_QUERY', 'rows come in the order of event time', {
    hint: `Write MATCH_RECOGNIZE (… ORDER BY ${scope.columns[timeColumn]?.name} …).`,
  })
}

function partitionColumn(node: Node, { scope }: BoundRelation, environment: Environment): number {
  const bound = bindExpression(node, plainContext(environment, scope, 'PARTITION BY'))
  if (bound.kind === 'column') return bound.index
  return notSupported(node.span, 'an expression in PARTITION BY', 'Select it as a column in a derived table.')
}

function checkNames(names: readonly Identifier[], partitionBy: readonly number[], { scope }: BoundRelation): void {
  const taken = new Set(partitionBy.map((index) => scope.columns[index]?.name))
  for (const { name, span } of names) {
    if (taken.has(name)) {
      fail(span, 'DUPLICATE_NAME', `a match has two columns "${name}"`, {
        hint: 'The columns of PARTITION BY come first, then MEASURES: give this one another name.',
      })
    }
    taken.add(name)
  }
}

/** One a variable; without a DEFINE it is any row. */
function bindDefines(
  defines: readonly PatternDefinition[],
  values: MatchValues,
  variables: ReadonlyMap<string, number>,
  environment: Environment,
): readonly Expression[] {
  const conditions = new Array<Expression | undefined>(variables.size).fill(undefined)
  const found: Environment['found'] = { nondeterministic: undefined }
  for (const { variable, condition } of defines) {
    const position = patternVariable(variable, variables)
    if (conditions[position] !== undefined) {
      fail(variable.span, 'DUPLICATE_NAME', `DEFINE says twice what "${variable.name}" is`)
    }
    conditions[position] = bindCondition(condition, values.context('DEFINE', { ...environment, found }), 'DEFINE')
  }
  // After a restart the rows of matches that are under way are tested again.
  if (found.nondeterministic !== undefined) {
    const message = 'a condition of DEFINE is about the rows alone, and not about when they are looked at'
    fail(found.nondeterministic, 'INVALID_QUERY', message)
  }
  return conditions.map((one) => one ?? literal(true, BOOLEAN))
}

function lateRows(clauses: Clauses, { plan }: BoundRelation, environment: Environment) {
  if (clauses.latenessSpan !== undefined) {
    fail(clauses.latenessSpan, 'INVALID_LATENESS', 'a match that has come out is not corrected by late rows', {
      hint: 'Leave ALLOWED LATENESS out, and let the watermark of the stream wait for longer.',
    })
  }
  return latePolicy({ ...clauses, allowedLatenessMs: undefined }, 'event', plan.schema, environment)
}
