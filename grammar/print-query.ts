// Prints queries, relations, joins and windows.

import type {
  AfterMatch,
  ChangelogRelation,
  DeduplicateRelation,
  Emit,
  Identifier,
  Join,
  MatchRecognize,
  Pattern,
  PatternRepeat,
  Query,
  Relation,
  Select,
  SelectItem,
  Star,
  WindowClause,
  WindowGroup,
  WindowRelation,
  WindowSpec,
  Within,
} from './ast.ts'
import {
  printExpression,
  printIdentifier,
  printInterval,
  printList,
  printNames,
  printOrderBy,
  printSubquery,
} from './print-expression.ts'

export function printQuery(query: Query): string {
  const parts: string[] = []
  if (query.ctes.length > 0) {
    const tables = query.ctes.map((table) => `${printIdentifier(table.name)} AS ${printSubquery(table.query)}`)
    parts.push(`WITH ${tables.join(', ')}`)
  }
  parts.push(query.selects.map(printSelect).join(' UNION ALL '))
  if (query.lateness) parts.push(`ALLOWED LATENESS ${printInterval(query.lateness)}`)
  if (query.late) {
    parts.push(query.late.into === undefined ? 'LATE ROWS DROP' : `LATE ROWS INTO ${printIdentifier(query.late.into)}`)
  }
  if (query.emit) parts.push(printEmit(query.emit))
  if (query.orderBy.length > 0) parts.push(printOrderBy(query.orderBy))
  if (query.limit !== undefined) parts.push(`LIMIT ${query.limit}`)
  return parts.join(' ')
}

function printEmit({ mode, every }: Emit): string {
  const parts = ['EMIT']
  if (mode) parts.push(mode.toUpperCase().replaceAll('-', ' '))
  if (every) parts.push(`EVERY ${printInterval(every)}`)
  return parts.join(' ')
}

function printSelect(select: Select): string {
  const parts = [`SELECT ${select.distinct ? 'DISTINCT ' : ''}${select.items.map(printSelectItem).join(', ')}`]
  if (select.from) parts.push(`FROM ${printRelation(select.from)}`)
  parts.push(...select.joins.map(printJoin))
  if (select.window) parts.push(printWindowClause(select.window))
  if (select.where) parts.push(`WHERE ${printExpression(select.where)}`)
  if (select.groupBy.length > 0) {
    const items = select.groupBy.map((item) =>
      item.kind === 'window-group' ? printWindowGroup(item) : printExpression(item),
    )
    parts.push(`GROUP BY ${items.join(', ')}`)
  }
  if (select.having) parts.push(`HAVING ${printExpression(select.having)}`)
  return parts.join(' ')
}

function printSelectItem(item: SelectItem | Star): string {
  if (item.kind === 'star') return item.qualifier === undefined ? '*' : `${printIdentifier(item.qualifier)}.*`
  return `${printExpression(item.expression)}${printAlias(item.alias)}`
}

function printAlias(alias: Identifier | undefined): string {
  return alias === undefined ? '' : ` AS ${printIdentifier(alias)}`
}

// ---- windows -------------------------------------------------------------------------------------------------

function printWindowGroup({ time, window }: WindowGroup): string {
  return `${window.kind.toUpperCase()}(${printExpression(time)}, ${printWindowArguments(window)})`
}

function printWindowArguments(window: WindowSpec): string {
  switch (window.kind) {
    case 'tumble':
      return printDurations([window.size, window.offset])
    case 'hop':
      return printDurations([window.slide, window.size, window.offset])
    case 'cumulate':
      return printDurations([window.step, window.size, window.offset])
    case 'session': {
      const max = window.max === undefined ? '' : `, MAX => ${printInterval(window.max)}`
      return `${printInterval(window.gap)}${max}`
    }
  }
}

function printDurations(durations: readonly (Parameters<typeof printInterval>[0] | undefined)[]): string {
  return durations.flatMap((duration) => (duration ? [printInterval(duration)] : [])).join(', ')
}

function printWindowClause({ window, retention, grace }: WindowClause): string {
  const options = retention === undefined ? '' : `, RETENTION ${printInterval(retention)}`
  const allOptions = grace === undefined ? options : `${options}, GRACE PERIOD ${printInterval(grace)}`
  switch (window.kind) {
    case 'tumble':
      return `WINDOW TUMBLING (SIZE ${printInterval(window.size)}${allOptions})`
    case 'hop': {
      const advance = `ADVANCE BY ${printInterval(window.slide)}`
      return `WINDOW HOPPING (SIZE ${printInterval(window.size)}, ${advance}${allOptions})`
    }
    case 'session':
      return `WINDOW SESSION (${printInterval(window.gap)}${allOptions})`
    case 'cumulate':
      throw new Error('the WINDOW clause has no CUMULATE')
  }
}

// ---- relations -----------------------------------------------------------------------------------------------

function printRelation(relation: Relation): string {
  return `${printSource(relation)}${printRelationAlias(relation)}`
}

function printRelationAlias(relation: Relation): string {
  const columns =
    relation.kind === 'unnest-relation' && relation.columns.length > 0 ? ` (${printNames(relation.columns)})` : ''
  return `${printAlias(relation.alias)}${columns}`
}

function printSource(relation: Relation): string {
  switch (relation.kind) {
    case 'named-relation':
      return printIdentifier(relation.name)
    case 'derived-relation':
      return `${relation.lateral ? 'LATERAL ' : ''}${printSubquery(relation.query)}`
    case 'window-relation': {
      const time = `DESCRIPTOR(${printExpression(relation.time)})`
      const kind = relation.window.kind.toUpperCase()
      return `${kind}(${printTableInput(relation)}, ${time}, ${printWindowArguments(relation.window)})`
    }
    case 'deduplicate-relation': {
      const parts = [printTableInput(relation)]
      if (relation.time) parts.push(`DESCRIPTOR(${printExpression(relation.time)})`)
      if (relation.within) parts.push(`WITHIN => ${printInterval(relation.within)}`)
      return `DEDUPLICATE(${parts.join(', ')})`
    }
    case 'changelog-relation': {
      const op = relation.op ? `, OP => DESCRIPTOR(${printExpression(relation.op)})` : ''
      return `${relation.direction.toUpperCase()}_CHANGELOG(${printTableInput(relation)}${op})`
    }
    case 'unnest-relation':
      return `UNNEST(${printExpression(relation.expression)})${relation.ordinality ? ' WITH ORDINALITY' : ''}`
    case 'match-recognize':
      return printMatchRecognize(relation)
  }
}

function printTableInput({ input, partitionBy }: WindowRelation | DeduplicateRelation | ChangelogRelation): string {
  const partition = partitionBy.length === 0 ? '' : ` PARTITION BY ${printList(partitionBy)}`
  return `TABLE ${printSource(input)}${partition}`
}

// ---- joins ---------------------------------------------------------------------------------------------------

function printJoin(join: Join): string {
  const type = join.type === 'inner' ? '' : `${join.type.toUpperCase()} `
  const parts = [`${type}JOIN`]
  const { asOf, relation, condition } = join
  // The alias stands after FOR SYSTEM_TIME, except one with columns.
  const isAliasFirst = asOf === undefined || relation.kind === 'unnest-relation'
  parts.push(isAliasFirst ? printRelation(relation) : printSource(relation))
  if (asOf) parts.push(`FOR SYSTEM_TIME AS OF ${asOf.time ? printExpression(asOf.time) : 'PROCTIME()'}`)
  if (!isAliasFirst && relation.alias) parts.push(`AS ${printIdentifier(relation.alias)}`)
  if (join.within) parts.push(printWithin(join.within))
  if (condition?.kind === 'join-on') parts.push(`ON ${printExpression(condition.expression)}`)
  if (condition?.kind === 'join-using') parts.push(`USING (${printNames(condition.columns)})`)
  return parts.join(' ')
}

function printWithin({ before, after, grace }: Within): string {
  const isEven = before.ms === after.ms && before.months === after.months
  const range = isEven ? printInterval(before) : `(${printInterval(before)}, ${printInterval(after)})`
  return `WITHIN ${range}${grace === undefined ? '' : ` GRACE PERIOD ${printInterval(grace)}`}`
}

// ---- MATCH_RECOGNIZE -----------------------------------------------------------------------------------------

function printMatchRecognize(match: MatchRecognize): string {
  const parts: string[] = []
  if (match.partitionBy.length > 0) parts.push(`PARTITION BY ${printList(match.partitionBy)}`)
  if (match.orderBy.length > 0) parts.push(printOrderBy(match.orderBy))
  if (match.measures.length > 0) parts.push(`MEASURES ${match.measures.map(printSelectItem).join(', ')}`)
  if (match.rows) parts.push(match.rows === 'one' ? 'ONE ROW PER MATCH' : 'ALL ROWS PER MATCH')
  if (match.afterMatch) parts.push(printAfterMatch(match.afterMatch))
  parts.push(`PATTERN (${printPattern(match.pattern)})`)
  if (match.within) parts.push(`WITHIN ${printInterval(match.within)}`)
  if (match.defines.length > 0) {
    const defines = match.defines.map(
      ({ variable, condition }) => `${printIdentifier(variable)} AS ${printExpression(condition)}`,
    )
    parts.push(`DEFINE ${defines.join(', ')}`)
  }
  return `${printSource(match.input)} MATCH_RECOGNIZE (${parts.join(' ')})`
}

function printAfterMatch({ skip, variable }: AfterMatch): string {
  const where = {
    'past-last-row': 'PAST LAST ROW',
    'to-next-row': 'TO NEXT ROW',
    'to-first': 'TO FIRST',
    'to-last': 'TO LAST',
  }
  return `AFTER MATCH SKIP ${where[skip]}${variable === undefined ? '' : ` ${printIdentifier(variable)}`}`
}

function printPattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'pattern-variable':
      return printIdentifier(pattern.name)
    case 'pattern-sequence':
      return pattern.parts.map((part) => printPatternIn(part, ['pattern-variable', 'pattern-repeat'])).join(' ')
    case 'pattern-choice':
      return pattern.options
        .map((part) => printPatternIn(part, ['pattern-variable', 'pattern-repeat', 'pattern-sequence']))
        .join(' | ')
    case 'pattern-repeat':
      return `${printPatternIn(pattern.part, ['pattern-variable'])}${printQuantifier(pattern)}`
  }
}

function printPatternIn(pattern: Pattern, bare: readonly Pattern['kind'][]): string {
  const text = printPattern(pattern)
  return bare.includes(pattern.kind) ? text : `(${text})`
}

function printQuantifier({ min, max, greedy }: PatternRepeat): string {
  const suffix = greedy ? '' : '?'
  if (min === 0 && max === undefined) return `*${suffix}`
  if (min === 1 && max === undefined) return `+${suffix}`
  if (min === 0 && max === 1) return `?${suffix}`
  return `{${min === max ? min : `${min},${max ?? ''}`}}${suffix}`
}
