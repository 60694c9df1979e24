// The rules of CREATE and of what stands between its parentheses.

import { EMPTY_ALT } from 'chevrotain'
import type { Rule } from './parser-leaf.ts'
import { PropertyParser } from './parser-property.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export abstract class CreateParser extends PropertyParser {
  // ---- CREATE --------------------------------------------------------------------------------------------------

  readonly create: Rule = this.RULE('create', () => {
    this.CONSUME(KW.create)
    this.OPTION(() => {
      this.CONSUME(KW.or)
      this.CONSUME(KW.replace)
    })
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.createRelation) },
        { ALT: () => this.SUBRULE(this.createMaterializedView) },
        { ALT: () => this.SUBRULE(this.createView) },
        { ALT: () => this.SUBRULE(this.createSink) },
        { ALT: () => this.SUBRULE(this.createFunction) },
        { ALT: () => this.SUBRULE(this.createSavepoint) },
      ],
      ERR_MSG: 'STREAM, TABLE, MATERIALIZED VIEW, VIEW, SINK, FUNCTION or SAVEPOINT',
    })
  })

  readonly ifNotExists: Rule = this.RULE('ifNotExists', () => {
    this.CONSUME(KW.if)
    this.CONSUME(KW.not)
    this.CONSUME(KW.exists)
  })

  /** The name to create, after IF NOT EXISTS. */
  readonly target: Rule = this.RULE('target', () => {
    this.OPTION({ GATE: () => this.isNext(2, KW.not), DEF: () => this.SUBRULE(this.ifNotExists) })
    this.SUBRULE(this.newName)
  })

  readonly createRelation: Rule = this.RULE('createRelation', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.stream) }, { ALT: () => this.CONSUME(KW.table) }])
    this.SUBRULE(this.target)
    this.OR2({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(T.LParen)
            this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.element) })
            this.CONSUME(T.RParen)
            this.OPTION2(() => this.SUBRULE(this.connector))
          },
        },
        {
          ALT: () => {
            this.SUBRULE(this.withProperties)
            this.OR3([
              { ALT: () => this.SUBRULE(this.asQuery) },
              { ALT: () => this.SUBRULE(this.formatClause) },
              // Without columns: the schema of the format says them.
              { ALT: EMPTY_ALT() },
            ])
          },
        },
        { ALT: () => this.SUBRULE2(this.asQuery) },
        { ALT: () => this.SUBRULE2(this.formatClause) },
      ],
      ERR_MSG: "'(' and columns, or AS and a query",
    })
  })

  readonly asQuery: Rule = this.RULE('asQuery', () => {
    this.CONSUME(KW.as)
    this.SUBRULE(this.query)
  })

  readonly createMaterializedView: Rule = this.RULE('createMaterializedView', () => {
    this.CONSUME(KW.materialized)
    this.CONSUME(KW.view)
    this.SUBRULE(this.target)
    this.OPTION(() => this.SUBRULE(this.withProperties))
    this.CONSUME(KW.as)
    this.SUBRULE(this.query)
  })

  readonly createView: Rule = this.RULE('createView', () => {
    this.CONSUME(KW.view)
    this.SUBRULE(this.target)
    this.CONSUME(KW.as)
    this.SUBRULE(this.query)
  })

  readonly createSink: Rule = this.RULE('createSink', () => {
    this.CONSUME(KW.sink)
    this.SUBRULE(this.target)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.from)
            this.SUBRULE(this.relationName)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.as)
            this.SUBRULE(this.query)
          },
        },
      ],
      ERR_MSG: 'FROM or AS',
    })
    this.SUBRULE(this.connector)
  })

  readonly createFunction: Rule = this.RULE('createFunction', () => {
    this.CONSUME(KW.function)
    this.SUBRULE(this.target)
    this.CONSUME(T.LParen)
    this.MANY_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.functionParameter) })
    this.CONSUME(T.RParen)
    this.CONSUME(KW.returns)
    this.SUBRULE(this.typeName)
    this.OPTION(() => {
      this.CONSUME(KW.language)
      this.SUBRULE(this.newName)
    })
    this.CONSUME(KW.as)
    this.SUBRULE(this.expression)
  })

  readonly functionParameter: Rule = this.RULE('functionParameter', () => {
    this.SUBRULE(this.newName)
    this.SUBRULE(this.typeName)
  })

  readonly createSavepoint: Rule = this.RULE('createSavepoint', () => {
    this.CONSUME(KW.savepoint)
    this.SUBRULE(this.newName)
    this.CONSUME(KW.for)
    this.CONSUME(KW.query)
    this.SUBRULE(this.queryName)
  })

  readonly element: Rule = this.RULE('element', () => {
    this.OR({
      DEF: [
        {
          GATE: () => this.isNext(2, KW.key) && this.isNext(3, T.LParen),
          ALT: () => this.SUBRULE(this.primaryKey),
        },
        { GATE: () => this.isNext(2, KW.for), ALT: () => this.SUBRULE(this.watermark) },
        { ALT: () => this.SUBRULE(this.column) },
      ],
      ERR_MSG: 'a column, PRIMARY KEY or WATERMARK',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly column: Rule = this.RULE('column', () => {
    this.SUBRULE(this.newName)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.as)
            this.SUBRULE(this.expression)
          },
        },
        {
          ALT: () => {
            this.SUBRULE(this.typeName)
            this.MANY(() => this.SUBRULE(this.columnConstraint))
          },
        },
      ],
      ERR_MSG: 'a type or AS',
    })
  })

  readonly columnConstraint: Rule = this.RULE('columnConstraint', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(KW.not)
          this.CONSUME(KW.null)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.primary)
          this.CONSUME(KW.key)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.metadata)
          this.OPTION(() => {
            this.CONSUME(KW.from)
            this.CONSUME(T.StringLiteral)
          })
        },
      },
    ])
  })

  readonly primaryKey: Rule = this.RULE('primaryKey', () => {
    this.CONSUME(KW.primary)
    this.CONSUME(KW.key)
    this.SUBRULE(this.columnNames)
    this.OPTION(() => {
      this.CONSUME(KW.not)
      this.CONSUME(KW.enforced)
    })
  })

  readonly watermark: Rule = this.RULE('watermark', () => {
    this.CONSUME(KW.watermark)
    this.CONSUME(KW.for)
    this.SUBRULE(this.columnName)
    this.OPTION(() => {
      this.CONSUME(KW.as)
      this.SUBRULE(this.expression)
    })
    this.MANY(() => this.SUBRULE(this.watermarkOption))
  })

  readonly watermarkOption: Rule = this.RULE('watermarkOption', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(KW.emit)
          this.OR2({
            DEF: [
              {
                ALT: () => {
                  this.CONSUME(KW.on)
                  this.CONSUME(KW.event)
                },
              },
              {
                ALT: () => {
                  this.CONSUME(KW.periodic)
                  this.SUBRULE(this.interval)
                },
              },
            ],
            ERR_MSG: 'ON EVENT or PERIODIC',
          })
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.idle)
          this.CONSUME(KW.timeout)
          this.SUBRULE2(this.interval)
        },
      },
      {
        ALT: () => {
          this.CONSUME(KW.max)
          this.CONSUME(KW.future)
          this.SUBRULE3(this.interval)
          this.OPTION(() => this.SUBRULE(this.futureAction))
        },
      },
    ])
  })

  readonly futureAction: Rule = this.RULE('futureAction', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.clamp) },
      { ALT: () => this.CONSUME(KW.drop) },
      {
        ALT: () => {
          this.CONSUME(KW.dead)
          this.CONSUME(KW.letter)
        },
      },
    ])
  })
}
