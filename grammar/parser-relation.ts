// The rules of what stands in FROM: relations, joins and MATCH_RECOGNIZE.

import type { Rule } from './parser-leaf.ts'
import { QueryParser } from './parser-query.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export abstract class RelationParser extends QueryParser {
  readonly relation: Rule = this.RULE('relation', () => {
    this.OR({
      DEF: [
        {
          // LATERAL says what UNNEST is anyway.
          GATE: () => this.isNext(2, this.isNext(1, KW.lateral) ? KW.unnest : T.LParen),
          ALT: () => {
            this.OPTION5(() => this.CONSUME2(KW.lateral))
            this.SUBRULE(this.unnest)
          },
        },
        { GATE: () => this.isNext(2, T.LParen), ALT: () => this.SUBRULE(this.tableFunction) },
        {
          ALT: () => {
            this.CONSUME(KW.table)
            this.CONSUME(T.LParen)
            this.SUBRULE2(this.tableFunction)
            this.CONSUME(T.RParen)
          },
        },
        {
          GATE: () => this.isNext(1, T.LParen) || this.isNext(2, T.LParen),
          ALT: () => {
            this.OPTION(() => this.CONSUME(KW.lateral))
            this.SUBRULE(this.subquery)
          },
        },
        { ALT: () => this.SUBRULE(this.relationName) },
      ],
      ERR_MSG: 'a stream, table, view or subquery',
      IGNORE_AMBIGUITIES: true,
    })
    this.OPTION2(() => this.SUBRULE(this.matchRecognize))
    this.OPTION3(() => {
      this.SUBRULE(this.alias)
      this.OPTION4(() => this.SUBRULE(this.columnNames))
    })
  })

  readonly tableFunction: Rule = this.RULE('tableFunction', () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.windowCall) },
        { ALT: () => this.SUBRULE(this.deduplicateCall) },
        { ALT: () => this.SUBRULE(this.changelogCall) },
      ],
      ERR_MSG: 'TUMBLE, HOP, CUMULATE, SESSION, DEDUPLICATE, TO_CHANGELOG or FROM_CHANGELOG',
    })
  })

  readonly unnest: Rule = this.RULE('unnest', () => {
    this.CONSUME(KW.unnest)
    this.CONSUME(T.LParen)
    this.SUBRULE(this.expression)
    this.CONSUME(T.RParen)
    this.OPTION({
      GATE: () => this.isNext(2, KW.ordinality),
      DEF: () => {
        this.CONSUME(KW.with)
        this.CONSUME(KW.ordinality)
      },
    })
  })

  // ---- joins ---------------------------------------------------------------------------------------------------

  readonly join: Rule = this.RULE('join', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Comma)
          this.SUBRULE(this.relation)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.cross)
          this.CONSUME(KW.join)
          this.SUBRULE2(this.relation)
        },
      },
      { ALT: () => this.SUBRULE(this.conditionalJoin) },
    ])
  })

  readonly conditionalJoin: Rule = this.RULE('conditionalJoin', () => {
    this.OPTION(() => this.SUBRULE(this.joinType))
    this.CONSUME(KW.join)
    this.SUBRULE(this.relation)
    this.OPTION2(() => {
      this.SUBRULE(this.asOf)
      this.OPTION3(() => this.SUBRULE(this.alias))
    })
    this.OPTION4(() => this.SUBRULE(this.within))
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.on)
            this.SUBRULE(this.expression)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.using)
            this.SUBRULE(this.columnNames)
          },
        },
      ],
      ERR_MSG: 'ON or USING',
    })
  })

  readonly joinType: Rule = this.RULE('joinType', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.inner) },
      {
        ALT: () => {
          this.OR2([
            { ALT: () => this.CONSUME(KW.left) },
            { ALT: () => this.CONSUME(KW.right) },
            { ALT: () => this.CONSUME(KW.full) },
          ])
          this.OPTION(() => this.CONSUME(KW.outer))
        },
      },
    ])
  })

  readonly asOf: Rule = this.RULE('asOf', () => {
    this.CONSUME(KW.for)
    this.CONSUME(KW.system_time)
    this.CONSUME(KW.as)
    this.CONSUME(KW.of)
    this.OR({
      DEF: [
        {
          GATE: () => this.isNext(2, T.LParen),
          ALT: () => {
            this.CONSUME(KW.proctime)
            this.CONSUME(T.LParen)
            this.CONSUME(T.RParen)
          },
        },
        { ALT: () => this.SUBRULE(this.columnReference) },
      ],
      ERR_MSG: 'a time column or PROCTIME()',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly within: Rule = this.RULE('within', () => {
    this.CONSUME(KW.within)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(T.LParen)
            this.SUBRULE(this.interval)
            this.CONSUME(T.Comma)
            this.SUBRULE2(this.interval)
            this.CONSUME(T.RParen)
          },
        },
        { ALT: () => this.SUBRULE3(this.interval) },
      ],
      ERR_MSG: 'a duration',
    })
    this.OPTION(() => {
      this.CONSUME(KW.grace)
      this.CONSUME(KW.period)
      this.SUBRULE4(this.interval)
    })
  })

  // ---- MATCH_RECOGNIZE -----------------------------------------------------------------------------------------

  readonly matchRecognize: Rule = this.RULE('matchRecognize', () => {
    this.CONSUME(KW.match_recognize)
    this.CONSUME(T.LParen)
    this.OPTION(() => this.SUBRULE(this.partitionBy))
    this.OPTION2(() => this.SUBRULE(this.orderBy))
    this.OPTION3(() => {
      this.CONSUME(KW.measures)
      this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.measure) })
    })
    this.OPTION4(() => this.SUBRULE(this.rowsPerMatch))
    this.OPTION5(() => this.SUBRULE(this.afterMatch))
    this.CONSUME(KW.pattern)
    this.CONSUME2(T.LParen)
    this.SUBRULE(this.pattern)
    this.CONSUME2(T.RParen)
    this.OPTION6(() => {
      this.CONSUME(KW.within)
      this.SUBRULE(this.interval)
    })
    this.OPTION7(() => {
      this.CONSUME(KW.define)
      this.AT_LEAST_ONE_SEP2({ SEP: T.Comma, DEF: () => this.SUBRULE(this.patternDefinition) })
    })
    this.CONSUME3(T.RParen)
  })

  readonly measure: Rule = this.RULE('measure', () => {
    this.SUBRULE(this.expression)
    this.CONSUME(KW.as)
    this.SUBRULE(this.newName)
  })

  readonly rowsPerMatch: Rule = this.RULE('rowsPerMatch', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(KW.one)
          this.CONSUME(KW.row)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.all)
          this.CONSUME(KW.rows)
        },
      },
    ])
    this.CONSUME(KW.per)
    this.CONSUME(KW.match)
  })

  readonly afterMatch: Rule = this.RULE('afterMatch', () => {
    this.CONSUME(KW.after)
    this.CONSUME(KW.match)
    this.CONSUME(KW.skip)
    this.OR([
      {
        ALT: () => {
          this.CONSUME(KW.past)
          this.CONSUME(KW.last)
          this.CONSUME(KW.row)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.to)
          this.OR2({
            DEF: [
              {
                ALT: () => {
                  this.CONSUME(KW.next)
                  this.CONSUME2(KW.row)
                },
              },
              {
                ALT: () => {
                  this.CONSUME(KW.first)
                  this.SUBRULE(this.newName)
                },
              },
              {
                ALT: () => {
                  this.CONSUME2(KW.last)
                  this.SUBRULE2(this.newName)
                },
              },
            ],
            ERR_MSG: 'NEXT ROW, FIRST or LAST',
          })
        },
      },
    ])
  })

  readonly pattern: Rule = this.RULE('pattern', () => {
    this.AT_LEAST_ONE_SEP({ SEP: T.Bar, DEF: () => this.SUBRULE(this.patternSequence) })
  })

  readonly patternSequence: Rule = this.RULE('patternSequence', () => {
    this.AT_LEAST_ONE({ DEF: () => this.SUBRULE(this.patternFactor), ERR_MSG: 'a pattern variable' })
  })

  readonly patternFactor: Rule = this.RULE('patternFactor', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.newName) },
      {
        ALT: () => {
          this.CONSUME(T.LParen)
          this.SUBRULE(this.pattern)
          this.CONSUME(T.RParen)
        },
      },
    ])
    this.OPTION(() => this.SUBRULE(this.quantifier))
  })

  readonly quantifier: Rule = this.RULE('quantifier', () => {
    this.OR([
      { ALT: () => this.CONSUME(T.Star) },
      { ALT: () => this.CONSUME(T.Plus) },
      { ALT: () => this.CONSUME(T.Question) },
      {
        ALT: () => {
          this.CONSUME(T.LBrace)
          this.OPTION(() => this.CONSUME(T.IntegerLiteral, { LABEL: 'min' }))
          this.OPTION2(() => {
            this.CONSUME(T.Comma)
            this.OPTION3(() => this.CONSUME2(T.IntegerLiteral, { LABEL: 'max' }))
          })
          this.CONSUME(T.RBrace)
        },
      },
    ])
    this.OPTION4(() => this.CONSUME2(T.Question, { LABEL: 'reluctant' }))
  })

  readonly patternDefinition: Rule = this.RULE('patternDefinition', () => {
    this.SUBRULE(this.newName)
    this.CONSUME(KW.as)
    this.SUBRULE(this.expression)
  })
}
