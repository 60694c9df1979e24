// The rules of queries: SELECT and its clauses, relations, joins and windows.

import { ExpressionParser } from './parser-expression.ts'
import type { Rule } from './parser-leaf.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export abstract class QueryParser extends ExpressionParser {
  abstract readonly relation: Rule
  abstract readonly join: Rule

  readonly relationName: Rule = this.RULE('relationName', () => {
    this.CONSUME(T.Name)
  })

  /** `[AS] alias`: without AS only a word that cannot start the next clause. */
  readonly alias: Rule = this.RULE('alias', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(KW.as)
          this.CONSUME(T.Name)
        },
      },
      { ALT: () => this.CONSUME(T.BareAlias) },
    ])
  })

  // ---- query and its trailing clauses --------------------------------------------------------------------------

  // A WITH after the body belongs to CREATE SINK: a common table can only open a query.
  readonly query: Rule = this.RULE('query', () => {
    this.OPTION(() => {
      this.CONSUME(KW.with)
      this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.commonTable) })
    })
    this.SUBRULE(this.select)
    this.MANY(() => {
      this.CONSUME(KW.union)
      this.CONSUME(KW.all)
      this.SUBRULE2(this.select)
    })
    this.MANY2(() => this.SUBRULE(this.queryClause))
  })

  readonly commonTable: Rule = this.RULE('commonTable', () => {
    this.SUBRULE(this.newName)
    this.CONSUME(KW.as)
    this.CONSUME(T.LParen)
    this.SUBRULE(this.query)
    this.CONSUME(T.RParen)
  })

  readonly queryClause: Rule = this.RULE('queryClause', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.lateness) },
      { ALT: () => this.SUBRULE(this.lateRows) },
      { ALT: () => this.SUBRULE(this.emit) },
      { ALT: () => this.SUBRULE(this.orderBy) },
      { ALT: () => this.SUBRULE(this.limit) },
    ])
  })

  readonly lateness: Rule = this.RULE('lateness', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(KW.allowed)
          this.CONSUME(KW.lateness)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.grace)
          this.CONSUME(KW.period)
        },
      },
    ])
    this.SUBRULE(this.interval)
  })

  readonly lateRows: Rule = this.RULE('lateRows', () => {
    this.CONSUME(KW.late)
    this.CONSUME(KW.rows)
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(KW.drop) },
        {
          ALT: () => {
            this.CONSUME(KW.into)
            this.SUBRULE(this.newName)
          },
        },
      ],
      ERR_MSG: 'DROP or INTO',
    })
  })

  readonly emit: Rule = this.RULE('emit', () => {
    this.CONSUME(KW.emit)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.SUBRULE(this.emitMode)
            this.OPTION(() => this.SUBRULE(this.emitEvery))
          },
        },
        { ALT: () => this.SUBRULE2(this.emitEvery) },
      ],
      ERR_MSG: 'CHANGES, FINAL, ON WINDOW CLOSE or EVERY',
    })
  })

  readonly emitMode: Rule = this.RULE('emitMode', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.changes) },
      { ALT: () => this.CONSUME(KW.final) },
      {
        ALT: () => {
          this.CONSUME(KW.on)
          this.CONSUME(KW.window)
          this.CONSUME(KW.close)
        },
      },
    ])
  })

  readonly emitEvery: Rule = this.RULE('emitEvery', () => {
    this.CONSUME(KW.every)
    this.SUBRULE(this.interval)
  })

  readonly limit: Rule = this.RULE('limit', () => {
    this.CONSUME(KW.limit)
    this.CONSUME(T.IntegerLiteral)
  })

  readonly select: Rule = this.RULE('select', () => {
    this.CONSUME(KW.select)
    this.OPTION(() => this.CONSUME(KW.distinct))
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.selectItem) })
    this.OPTION2(() => {
      this.CONSUME(KW.from)
      this.SUBRULE(this.relation)
      this.MANY(() => this.SUBRULE(this.join))
      this.OPTION3(() => this.SUBRULE(this.windowClause))
    })
    this.OPTION4(() => {
      this.CONSUME(KW.where)
      this.SUBRULE(this.expression)
    })
    this.OPTION5(() => {
      this.CONSUME(KW.group)
      this.CONSUME(KW.by)
      this.AT_LEAST_ONE_SEP2({ SEP: T.Comma, DEF: () => this.SUBRULE(this.groupItem) })
    })
    this.OPTION6(() => {
      this.CONSUME(KW.having)
      this.SUBRULE2(this.expression)
    })
  })

  readonly selectItem: Rule = this.RULE('selectItem', () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(T.Star) },
        {
          GATE: () => this.isNext(2, T.Dot) && this.isNext(3, T.Star),
          ALT: () => {
            this.SUBRULE(this.relationName)
            this.CONSUME(T.Dot)
            this.CONSUME2(T.Star)
          },
        },
        {
          ALT: () => {
            this.SUBRULE(this.expression)
            this.OPTION(() => this.SUBRULE(this.alias))
          },
        },
      ],
      ERR_MSG: 'an expression',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly groupItem: Rule = this.RULE('groupItem', () => {
    this.OR({
      DEF: [
        { GATE: () => this.isNext(2, T.LParen), ALT: () => this.SUBRULE(this.windowCall) },
        { ALT: () => this.SUBRULE(this.expression) },
      ],
      ERR_MSG: 'an expression or a window',
      IGNORE_AMBIGUITIES: true,
    })
  })

  // ---- windows -------------------------------------------------------------------------------------------------

  /** Both `GROUP BY TUMBLE(ts, …)` and `FROM TUMBLE(TABLE s, DESCRIPTOR(ts), …)`: which arguments are due is
   * decided when the node is built. */
  readonly windowCall: Rule = this.RULE('windowCall', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.tumble) },
      { ALT: () => this.CONSUME(KW.hop) },
      { ALT: () => this.CONSUME(KW.cumulate) },
      { ALT: () => this.CONSUME(KW.session) },
    ])
    this.SUBRULE(this.tableArguments)
  })

  readonly deduplicateCall: Rule = this.RULE('deduplicateCall', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.deduplicate) }, { ALT: () => this.CONSUME(KW.deduplicate_keep_first) }])
    this.SUBRULE(this.tableArguments)
  })

  readonly changelogCall: Rule = this.RULE('changelogCall', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.to_changelog) }, { ALT: () => this.CONSUME(KW.from_changelog) }])
    this.SUBRULE(this.tableArguments)
  })

  readonly tableArguments: Rule = this.RULE('tableArguments', () => {
    this.CONSUME(T.LParen)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.tableArgument) })
    this.CONSUME(T.RParen)
  })

  readonly tableArgument: Rule = this.RULE('tableArgument', () => {
    this.OPTION({
      GATE: () => this.isNext(2, T.NamedArrow),
      DEF: () => {
        this.SUBRULE(this.tableArgumentName)
        this.CONSUME(T.NamedArrow)
      },
    })
    this.OR({
      DEF: [
        { GATE: () => this.isNext(2, T.LParen), ALT: () => this.SUBRULE(this.descriptor) },
        {
          GATE: () => !this.isNext(1, KW.interval) || this.isDurationStart(2),
          ALT: () => this.SUBRULE(this.interval),
        },
        { ALT: () => this.SUBRULE(this.tableInput) },
        {
          ALT: () => {
            this.SUBRULE(this.timeReference)
            this.OPTION2(() => this.SUBRULE(this.partitionColumns))
          },
        },
      ],
      ERR_MSG: 'a table, a column or a duration',
      IGNORE_AMBIGUITIES: true,
    })
  })

  /** WITHIN is reserved, and yet the name of an argument of DEDUPLICATE. */
  readonly tableArgumentName: Rule = this.RULE('tableArgumentName', () => {
    this.OR([{ ALT: () => this.CONSUME(T.Name) }, { ALT: () => this.CONSUME(KW.within) }])
  })

  readonly tableInput: Rule = this.RULE('tableInput', () => {
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.table)
            this.OR2({
              DEF: [{ ALT: () => this.SUBRULE(this.relationName) }, { ALT: () => this.SUBRULE(this.subquery) }],
              ERR_MSG: 'the name of a stream or table',
            })
          },
        },
        { ALT: () => this.SUBRULE2(this.subquery) },
      ],
    })
    this.OPTION(() => this.SUBRULE(this.partitionColumns))
  })

  readonly subquery: Rule = this.RULE('subquery', () => {
    this.CONSUME(T.LParen)
    this.SUBRULE(this.query)
    this.CONSUME(T.RParen)
  })

  // A list in parentheses too: without them a comma could as well start the next argument. It takes the column
  // that follows a comma only if that cannot be another argument, which is how Flink's examples read.
  readonly partitionColumns: Rule = this.RULE('partitionColumns', () => {
    this.CONSUME(KW.partition)
    this.CONSUME(KW.by)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(T.LParen)
            this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.columnReference) })
            this.CONSUME(T.RParen)
          },
        },
        {
          ALT: () => {
            this.SUBRULE2(this.columnReference)
            this.MANY({
              GATE: () => this.isPartitionColumnNext(),
              DEF: () => {
                this.CONSUME(T.Comma)
                this.SUBRULE3(this.columnReference)
              },
            })
          },
        },
      ],
      ERR_MSG: 'a column',
    })
  })

  private isPartitionColumnNext(): boolean {
    const next = this.LA(2).tokenType
    if (!T.accepts(T.Name, next) || this.isNext(3, T.NamedArrow)) return false
    if (next === KW.descriptor) return !this.isNext(3, T.LParen)
    return next !== KW.interval || !this.isDurationStart(3)
  }

  readonly descriptor: Rule = this.RULE('descriptor', () => {
    this.CONSUME(KW.descriptor)
    this.CONSUME(T.LParen)
    this.SUBRULE(this.timeReference)
    this.CONSUME(T.RParen)
  })

  readonly windowClause: Rule = this.RULE('windowClause', () => {
    this.CONSUME(KW.window)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.tumbling)
            this.CONSUME(T.LParen)
            this.CONSUME(KW.size)
            this.SUBRULE(this.interval)
            this.SUBRULE(this.windowOptions)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.hopping)
            this.CONSUME2(T.LParen)
            this.CONSUME2(KW.size)
            this.SUBRULE2(this.interval)
            this.CONSUME(T.Comma)
            this.CONSUME(KW.advance)
            this.CONSUME(KW.by)
            this.SUBRULE3(this.interval)
            this.SUBRULE2(this.windowOptions)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.session)
            this.CONSUME3(T.LParen)
            this.SUBRULE4(this.interval)
            this.SUBRULE3(this.windowOptions)
          },
        },
      ],
      ERR_MSG: 'TUMBLING, HOPPING or SESSION',
    })
    this.CONSUME(T.RParen)
  })

  readonly windowOptions: Rule = this.RULE('windowOptions', () => {
    this.MANY(() => {
      this.CONSUME(T.Comma)
      this.SUBRULE(this.windowOption)
    })
  })

  readonly windowOption: Rule = this.RULE('windowOption', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.retention) },
      {
        ALT: () => {
          this.CONSUME(KW.grace)
          this.CONSUME(KW.period)
        },
      },
    ])
    this.SUBRULE(this.interval)
  })
}
