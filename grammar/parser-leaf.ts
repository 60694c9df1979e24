// The rules that need no other rules: names, literals, durations and type names.

import { type CstNode, CstParser, type IParserConfig, type ParserMethod, type TokenType } from 'chevrotain'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export type Rule = ParserMethod<[], CstNode>

export abstract class LeafParser extends CstParser {
  constructor(config: IParserConfig) {
    super([...T.ALL_TOKENS], config)
  }

  protected isNext(howMuch: number, ...types: readonly TokenType[]): boolean {
    return types.includes(this.LA(howMuch).tokenType)
  }

  // ---- names ---------------------------------------------------------------------------------------------------

  readonly newName: Rule = this.RULE('newName', () => {
    this.CONSUME(T.Name)
  })

  readonly columnName: Rule = this.RULE('columnName', () => {
    this.CONSUME(T.Name)
  })

  readonly columnNames: Rule = this.RULE('columnNames', () => {
    this.CONSUME(T.LParen)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.columnName) })
    this.CONSUME(T.RParen)
  })

  readonly columnReference: Rule = this.RULE('columnReference', () => {
    this.SUBRULE(this.columnName)
    this.MANY(() => {
      this.CONSUME(T.Dot)
      this.SUBRULE2(this.columnName)
    })
  })

  /** What windows go by: a column, or the clock. */
  readonly timeReference: Rule = this.RULE('timeReference', () => {
    this.SUBRULE(this.columnReference)
    this.OPTION({
      GATE: () => this.isAfterProctime(),
      DEF: () => {
        this.CONSUME(T.LParen)
        this.CONSUME(T.RParen)
      },
    })
  })

  private isAfterProctime(): boolean {
    return this.LA(0).tokenType === KW.proctime
  }

  // ---- literals ------------------------------------------------------------------------------------------------

  readonly plainLiteral: Rule = this.RULE('plainLiteral', () => {
    this.OR([
      { ALT: () => this.CONSUME(T.IntegerLiteral) },
      { ALT: () => this.CONSUME(T.DecimalLiteral) },
      { ALT: () => this.CONSUME(T.DoubleLiteral) },
      { ALT: () => this.CONSUME(T.StringLiteral) },
      { ALT: () => this.CONSUME(KW.true) },
      { ALT: () => this.CONSUME(KW.false) },
      { ALT: () => this.CONSUME(KW.null) },
    ])
  })

  readonly temporalLiteral: Rule = this.RULE('temporalLiteral', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.timestamp) },
      { ALT: () => this.CONSUME(KW.date) },
      { ALT: () => this.CONSUME(KW.time) },
    ])
    this.CONSUME(T.StringLiteral)
  })

  protected isDurationStart(howMuch: number): boolean {
    return this.isNext(howMuch, T.StringLiteral, T.IntegerLiteral, T.DecimalLiteral)
  }

  readonly intervalLiteral: Rule = this.RULE('intervalLiteral', () => {
    this.CONSUME(KW.interval)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(T.StringLiteral)
            this.OPTION(() => this.CONSUME(T.TimeUnit))
          },
        },
        { ALT: () => this.SUBRULE(this.duration) },
      ],
      ERR_MSG: "a duration such as '5' MINUTE",
    })
  })

  /** `10 MINUTES`, as ksqlDB writes it. */
  readonly duration: Rule = this.RULE('duration', () => {
    this.OR([{ ALT: () => this.CONSUME(T.IntegerLiteral) }, { ALT: () => this.CONSUME(T.DecimalLiteral) }])
    this.CONSUME(T.TimeUnit)
  })

  /** Where the grammar asks for a length of time, both spellings will do. */
  readonly interval: Rule = this.RULE('interval', () => {
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.intervalLiteral) }, { ALT: () => this.SUBRULE(this.duration) }],
      ERR_MSG: 'a duration',
    })
  })

  // ---- type names ----------------------------------------------------------------------------------------------

  readonly typeName: Rule = this.RULE('typeName', () => {
    this.OR({
      DEF: [
        { GATE: () => this.isNext(2, T.Less), ALT: () => this.SUBRULE(this.arrayType) },
        { GATE: () => this.isNext(2, T.Less), ALT: () => this.SUBRULE(this.mapType) },
        { GATE: () => this.isNext(2, T.Less), ALT: () => this.SUBRULE(this.structType) },
        { ALT: () => this.SUBRULE(this.namedType) },
      ],
      ERR_MSG: 'a type',
      IGNORE_AMBIGUITIES: true,
    })
  })

  readonly arrayType: Rule = this.RULE('arrayType', () => {
    this.CONSUME(KW.array)
    this.CONSUME(T.Less)
    this.SUBRULE(this.typeName)
    this.CONSUME(T.Greater)
  })

  readonly mapType: Rule = this.RULE('mapType', () => {
    this.CONSUME(KW.map)
    this.CONSUME(T.Less)
    this.SUBRULE(this.typeName)
    this.CONSUME(T.Comma)
    this.SUBRULE2(this.typeName)
    this.CONSUME(T.Greater)
  })

  readonly structType: Rule = this.RULE('structType', () => {
    this.OR([{ ALT: () => this.CONSUME(KW.struct) }, { ALT: () => this.CONSUME(KW.row) }])
    this.CONSUME(T.Less)
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        this.SUBRULE(this.newName)
        this.SUBRULE(this.typeName)
      },
    })
    this.CONSUME(T.Greater)
  })

  /** `DECIMAL(12, 2)`, `DOUBLE PRECISION`, `TIMESTAMP(3) WITHOUT TIME ZONE`: the names are checked when it is built. */
  readonly namedType: Rule = this.RULE('namedType', () => {
    this.CONSUME(T.Name)
    this.OPTION(() => this.CONSUME(KW.precision))
    this.OPTION2(() => {
      this.CONSUME(T.LParen)
      this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.CONSUME(T.IntegerLiteral) })
      this.CONSUME(T.RParen)
    })
    this.OPTION3({
      // CREATE SINK … AS SELECT a::timestamp WITH (…): that WITH is the connector's.
      GATE: () => this.isNext(1, KW.without) || this.isNext(2, KW.time, KW.local),
      DEF: () => {
        this.OR([{ ALT: () => this.CONSUME(KW.with) }, { ALT: () => this.CONSUME(KW.without) }])
        this.OPTION4(() => this.CONSUME(KW.local))
        this.CONSUME(KW.time)
        this.CONSUME(KW.zone)
      },
    })
  })
}
