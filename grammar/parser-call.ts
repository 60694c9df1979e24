// The rules of what looks like a call: constructors, functions with FILTER and OVER, CASE and CAST.

import { LeafParser, type Rule } from './parser-leaf.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export abstract class CallParser extends LeafParser {
  abstract readonly query: Rule
  abstract readonly expression: Rule
  abstract readonly binaryExpression: Rule

  // ---- constructors and calls ----------------------------------------------------------------------------------

  readonly arrayConstructor: Rule = this.RULE('arrayConstructor', () => {
    this.CONSUME(KW.array)
    this.CONSUME(T.LBracket)
    this.MANY_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.expression) })
    this.CONSUME(T.RBracket)
  })

  /** `MAP['k', v]` as in Flink, `MAP('k' := v)` as in ksqlDB. */
  readonly mapConstructor: Rule = this.RULE('mapConstructor', () => {
    this.CONSUME(KW.map)
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.LBracket)
          this.MANY_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.expression) })
          this.CONSUME(T.RBracket)
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.LParen)
          this.MANY_SEP2({ SEP: T.Comma, DEF: () => this.SUBRULE(this.mapEntry) })
          this.CONSUME(T.RParen)
        },
      },
    ])
  })

  readonly mapEntry: Rule = this.RULE('mapEntry', () => {
    this.SUBRULE(this.expression)
    this.CONSUME(T.Assign)
    this.SUBRULE2(this.expression)
  })

  readonly structConstructor: Rule = this.RULE('structConstructor', () => {
    this.CONSUME(KW.struct)
    this.CONSUME(T.LParen)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.structField) })
    this.CONSUME(T.RParen)
  })

  readonly structField: Rule = this.RULE('structField', () => {
    this.SUBRULE(this.newName)
    this.CONSUME(T.Assign)
    this.SUBRULE(this.expression)
  })

  readonly extractCall: Rule = this.RULE('extractCall', () => {
    this.CONSUME(KW.extract)
    this.CONSUME(T.LParen)
    this.OR([{ ALT: () => this.CONSUME(T.Name) }, { ALT: () => this.CONSUME(T.StringLiteral) }])
    this.CONSUME(KW.from)
    this.SUBRULE(this.expression)
    this.CONSUME(T.RParen)
  })

  readonly functionName: Rule = this.RULE('functionName', () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(T.Name) },
        { ALT: () => this.CONSUME(KW.left) },
        { ALT: () => this.CONSUME(KW.right) },
      ],
      ERR_MSG: 'a function',
    })
  })

  readonly functionCall: Rule = this.RULE('functionCall', () => {
    this.SUBRULE(this.functionName)
    this.CONSUME(T.LParen)
    this.OR([
      { ALT: () => this.CONSUME(T.Star) },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(KW.distinct))
          this.MANY_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.argument) })
          this.OPTION2(() => this.SUBRULE(this.orderBy))
        },
      },
    ])
    this.CONSUME(T.RParen)
    this.OPTION3(() => this.SUBRULE(this.filterClause))
    this.OPTION4(() => this.SUBRULE(this.overClause))
  })

  readonly argument: Rule = this.RULE('argument', () => {
    this.OPTION({
      GATE: () => this.isNext(2, T.NamedArrow),
      DEF: () => {
        this.SUBRULE(this.newName)
        this.CONSUME(T.NamedArrow)
      },
    })
    this.SUBRULE(this.expression)
  })

  readonly filterClause: Rule = this.RULE('filterClause', () => {
    this.CONSUME(KW.filter)
    this.CONSUME(T.LParen)
    this.CONSUME(KW.where)
    this.SUBRULE(this.expression)
    this.CONSUME(T.RParen)
  })

  readonly orderBy: Rule = this.RULE('orderBy', () => {
    this.CONSUME(KW.order)
    this.CONSUME(KW.by)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.orderItem) })
  })

  readonly orderItem: Rule = this.RULE('orderItem', () => {
    this.SUBRULE(this.expression)
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(KW.asc) }, { ALT: () => this.CONSUME(KW.desc) }]))
    this.OPTION2(() => {
      this.CONSUME(KW.nulls)
      this.OR2([{ ALT: () => this.CONSUME(KW.first) }, { ALT: () => this.CONSUME(KW.last) }])
    })
  })

  readonly partitionBy: Rule = this.RULE('partitionBy', () => {
    this.CONSUME(KW.partition)
    this.CONSUME(KW.by)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.expression) })
  })

  readonly overClause: Rule = this.RULE('overClause', () => {
    this.CONSUME(KW.over)
    this.CONSUME(T.LParen)
    this.OPTION(() => this.SUBRULE(this.partitionBy))
    this.OPTION2(() => this.SUBRULE(this.orderBy))
    this.OPTION3(() => this.SUBRULE(this.frame))
    this.CONSUME(T.RParen)
  })

  readonly frame: Rule = this.RULE('frame', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.rows) }, { ALT: () => this.CONSUME(KW.range) }])
    this.OR2([
      {
        ALT: () => {
          this.CONSUME(KW.between)
          this.SUBRULE(this.frameBound)
          this.CONSUME(KW.and)
          this.SUBRULE2(this.frameBound)
        },
      },
      { ALT: () => this.SUBRULE3(this.frameBound) },
    ])
  })

  readonly frameBound: Rule = this.RULE('frameBound', () => {
    this.OR({
      DEF: [
        {
          GATE: () => this.isNext(2, KW.row),
          ALT: () => {
            this.CONSUME(KW.current)
            this.CONSUME(KW.row)
          },
        },
        {
          ALT: () => {
            this.OR2({
              DEF: [
                {
                  GATE: () => this.isNext(2, KW.preceding, KW.following),
                  ALT: () => this.CONSUME(KW.unbounded),
                },
                { ALT: () => this.SUBRULE(this.binaryExpression) },
              ],
              IGNORE_AMBIGUITIES: true,
            })
            this.OR3([{ ALT: () => this.CONSUME(KW.preceding) }, { ALT: () => this.CONSUME(KW.following) }])
          },
        },
      ],
      ERR_MSG: 'a frame bound such as UNBOUNDED PRECEDING',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly caseExpression: Rule = this.RULE('caseExpression', () => {
    this.CONSUME(KW.case)
    this.OPTION(() => this.SUBRULE(this.expression))
    this.AT_LEAST_ONE({ DEF: () => this.SUBRULE(this.caseBranch), ERR_MSG: 'WHEN' })
    this.OPTION2(() => {
      this.CONSUME(KW.else)
      this.SUBRULE2(this.expression)
    })
    this.CONSUME(KW.end)
  })

  readonly caseBranch: Rule = this.RULE('caseBranch', () => {
    this.CONSUME(KW.when)
    this.SUBRULE(this.expression)
    this.CONSUME(KW.then)
    this.SUBRULE2(this.expression)
  })

  readonly castExpression: Rule = this.RULE('castExpression', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.cast) }, { ALT: () => this.CONSUME(KW.try_cast) }])
    this.CONSUME(T.LParen)
    this.SUBRULE(this.expression)
    this.CONSUME(KW.as)
    this.SUBRULE(this.typeName)
    this.CONSUME(T.RParen)
  })
}
