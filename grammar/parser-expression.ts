// The rules of expressions. `binaryExpression` is one flat rule for || + - * / %: a rule a level would cost six stack
// frames for each parenthesis; build-expression.ts puts precedence back.
//
// Look-ahead is one token, and two or three by explicit gate: `Name` covers some 150 keywords, and letting Chevrotain
// search pairs of them for conflicts would take seconds at start-up. In each OR the gated alternative stands first.

import type { TokenType } from 'chevrotain'
import { CallParser } from './parser-call.ts'
import type { Rule } from './parser-leaf.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

const LONE: readonly TokenType[] = [T.IntegerLiteral, T.DecimalLiteral, T.StringLiteral, T.Identifier, KW.null]

export abstract class ExpressionParser extends CallParser {
  // ---- operators -----------------------------------------------------------------------------------------------

  readonly expression: Rule = this.RULE('expression', () => {
    this.OR({
      DEF: [
        // Most of a long IN list or VALUES: two rules instead of nine, and a quarter of the time.
        {
          GATE: () => this.isNext(2, T.Comma, T.RParen) && this.isNext(1, ...LONE),
          ALT: () => this.SUBRULE(this.loneOperand),
        },
        {
          ALT: () => {
            this.SUBRULE(this.andExpression)
            this.MANY(() => {
              this.CONSUME(KW.or)
              this.SUBRULE2(this.andExpression)
            })
          },
        },
      ],
      ERR_MSG: 'an expression',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly loneOperand: Rule = this.RULE('loneOperand', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.plainLiteral) }, { ALT: () => this.SUBRULE(this.columnName) }])
  })

  readonly andExpression: Rule = this.RULE('andExpression', () => {
    this.SUBRULE(this.notExpression)
    this.MANY(() => {
      this.CONSUME(KW.and)
      this.SUBRULE2(this.notExpression)
    })
  })

  readonly notExpression: Rule = this.RULE('notExpression', () => {
    this.MANY(() => this.CONSUME(KW.not))
    this.SUBRULE(this.predicate)
  })

  readonly predicate: Rule = this.RULE('predicate', () => {
    this.SUBRULE(this.binaryExpression)
    this.MANY(() => this.SUBRULE(this.predicateTail))
  })

  readonly predicateTail: Rule = this.RULE('predicateTail', () => {
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.comparisonOperator)
          this.SUBRULE(this.binaryExpression)
        },
      },
      { ALT: () => this.SUBRULE(this.isTail) },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(KW.not))
          this.OR2({
            DEF: [
              { ALT: () => this.SUBRULE(this.inTail) },
              { ALT: () => this.SUBRULE(this.likeTail) },
              { ALT: () => this.SUBRULE(this.betweenTail) },
            ],
            ERR_MSG: 'IN, LIKE or BETWEEN',
          })
        },
      },
    ])
  })

  readonly comparisonOperator: Rule = this.RULE('comparisonOperator', () => {
    this.OR([
      { ALT: () => this.CONSUME(T.Equal, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.NotEqual, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.LessOrEqual, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.Less, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.GreaterOrEqual, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.Greater, { LABEL: 'operator' }) },
    ])
  })

  readonly isTail: Rule = this.RULE('isTail', () => {
    this.CONSUME(KW.is)
    this.OPTION(() => this.CONSUME(KW.not))
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(KW.null) },
        { ALT: () => this.CONSUME(KW.true) },
        { ALT: () => this.CONSUME(KW.false) },
        {
          ALT: () => {
            this.CONSUME(KW.distinct)
            this.CONSUME(KW.from)
            this.SUBRULE(this.binaryExpression)
          },
        },
      ],
      ERR_MSG: 'NULL, TRUE, FALSE or DISTINCT FROM',
    })
  })

  readonly inTail: Rule = this.RULE('inTail', () => {
    this.CONSUME(KW.in)
    this.CONSUME(T.LParen)
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.query) },
        { ALT: () => this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.expression) }) },
      ],
      ERR_MSG: 'an expression or a query',
    })
    this.CONSUME(T.RParen)
  })

  readonly likeTail: Rule = this.RULE('likeTail', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.like) }, { ALT: () => this.CONSUME(KW.ilike) }])
    this.SUBRULE(this.binaryExpression)
    this.OPTION(() => {
      this.CONSUME(KW.escape)
      this.SUBRULE2(this.binaryExpression)
    })
  })

  readonly betweenTail: Rule = this.RULE('betweenTail', () => {
    this.CONSUME(KW.between)
    this.SUBRULE(this.binaryExpression)
    this.CONSUME(KW.and)
    this.SUBRULE2(this.binaryExpression)
  })

  readonly binaryExpression: Rule = this.RULE('binaryExpression', () => {
    this.SUBRULE(this.unaryExpression)
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(T.Concat, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(T.Plus, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(T.Minus, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(T.Star, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(T.Slash, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(T.Percent, { LABEL: 'operator' }) },
      ])
      this.SUBRULE2(this.unaryExpression)
    })
  })

  readonly unaryExpression: Rule = this.RULE('unaryExpression', () => {
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(T.Minus, { LABEL: 'sign' }) },
        { ALT: () => this.CONSUME(T.Plus, { LABEL: 'sign' }) },
      ])
    })
    this.SUBRULE(this.primary)
    this.MANY2(() => this.SUBRULE(this.accessor))
  })

  readonly accessor: Rule = this.RULE('accessor', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.DoubleColon)
          this.SUBRULE(this.typeName)
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.LBracket)
          this.SUBRULE(this.expression)
          this.CONSUME(T.RBracket)
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.Dot)
          this.SUBRULE(this.columnName)
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.Arrow)
          this.OR2({
            DEF: [{ ALT: () => this.SUBRULE2(this.columnName) }, { ALT: () => this.SUBRULE(this.jsonKey) }],
            ERR_MSG: 'a field name or a JSON key',
          })
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.LongArrow)
          this.SUBRULE2(this.jsonKey)
        },
      },
    ])
  })

  readonly jsonKey: Rule = this.RULE('jsonKey', () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(T.StringLiteral) },
        {
          ALT: () => {
            this.OPTION(() => this.CONSUME(T.Minus))
            this.CONSUME(T.IntegerLiteral)
          },
        },
        { ALT: () => this.CONSUME(T.Parameter) },
        {
          ALT: () => {
            this.CONSUME(T.LParen)
            this.SUBRULE(this.expression)
            this.CONSUME(T.RParen)
          },
        },
      ],
      ERR_MSG: 'a JSON key',
    })
  })

  // ---- operands ------------------------------------------------------------------------------------------------

  readonly primary: Rule = this.RULE('primary', () => {
    this.OR({
      DEF: [
        { GATE: () => this.isNext(2, T.StringLiteral), ALT: () => this.SUBRULE(this.temporalLiteral) },
        { GATE: () => this.isDurationStart(2), ALT: () => this.SUBRULE(this.intervalLiteral) },
        { GATE: () => this.isNext(2, T.LBracket), ALT: () => this.SUBRULE(this.arrayConstructor) },
        { GATE: () => this.isNext(2, T.LBracket, T.LParen), ALT: () => this.SUBRULE(this.mapConstructor) },
        { GATE: () => this.isNext(2, T.LParen), ALT: () => this.SUBRULE(this.structConstructor) },
        {
          GATE: () => this.isNext(2, T.LParen) && this.isNext(4, KW.from),
          ALT: () => this.SUBRULE(this.extractCall),
        },
        { GATE: () => this.isNext(2, T.LParen), ALT: () => this.SUBRULE(this.functionCall) },
        { ALT: () => this.SUBRULE(this.columnName) },
        { ALT: () => this.SUBRULE(this.plainLiteral) },
        { ALT: () => this.CONSUME(T.Parameter) },
        { ALT: () => this.SUBRULE(this.caseExpression) },
        { ALT: () => this.SUBRULE(this.castExpression) },
        {
          ALT: () => {
            this.CONSUME(KW.exists)
            this.CONSUME(T.LParen)
            this.SUBRULE(this.query)
            this.CONSUME(T.RParen)
          },
        },
        { ALT: () => this.SUBRULE(this.parenthesized) },
      ],
      ERR_MSG: 'an expression',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly parenthesized: Rule = this.RULE('parenthesized', () => {
    this.CONSUME(T.LParen)
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.query) }, { ALT: () => this.SUBRULE(this.expression) }],
      ERR_MSG: 'an expression or a query',
    })
    this.CONSUME(T.RParen)
  })
}
