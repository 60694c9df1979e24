// The rules of WITH (…), FORMAT … ENCODE … and SET (…).

import type { Rule } from './parser-leaf.ts'
import { RelationParser } from './parser-relation.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export abstract class PropertyParser extends RelationParser {
  readonly queryName: Rule = this.RULE('queryName', () => {
    this.CONSUME(T.Name)
  })

  // ---- properties ----------------------------------------------------------------------------------------------

  readonly connector: Rule = this.RULE('connector', () => {
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.withProperties)
          this.OPTION(() => this.SUBRULE(this.formatClause))
        },
      },
      { ALT: () => this.SUBRULE2(this.formatClause) },
    ])
  })

  readonly withProperties: Rule = this.RULE('withProperties', () => {
    this.CONSUME(KW.with)
    this.SUBRULE(this.properties)
  })

  readonly properties: Rule = this.RULE('properties', () => {
    this.CONSUME(T.LParen)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.property) })
    this.CONSUME(T.RParen)
  })

  readonly property: Rule = this.RULE('property', () => {
    this.SUBRULE(this.propertyKey)
    this.CONSUME(T.Equal)
    this.SUBRULE(this.propertyValue)
  })

  readonly propertyKey: Rule = this.RULE('propertyKey', () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(T.StringLiteral) },
        {
          ALT: () => {
            this.AT_LEAST_ONE_SEP({ SEP: T.Dot, DEF: () => this.CONSUME(T.Name) })
          },
        },
      ],
      ERR_MSG: 'the name of a property',
    })
  })

  readonly propertyValue: Rule = this.RULE('propertyValue', () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.intervalLiteral) },
        { ALT: () => this.SUBRULE(this.temporalLiteral) },
        {
          ALT: () => {
            this.OPTION(() => this.CONSUME(T.Minus))
            this.SUBRULE(this.plainLiteral)
          },
        },
      ],
      ERR_MSG: 'a literal',
    })
  })

  readonly formatClause: Rule = this.RULE('formatClause', () => {
    this.CONSUME(KW.format)
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(KW.plain) },
        { ALT: () => this.CONSUME(KW.upsert) },
        { ALT: () => this.CONSUME(KW.debezium) },
      ],
      ERR_MSG: 'PLAIN, UPSERT or DEBEZIUM',
    })
    this.CONSUME(KW.encode)
    this.OR2({
      DEF: [
        { ALT: () => this.CONSUME(KW.json) },
        { ALT: () => this.CONSUME(KW.avro) },
        { ALT: () => this.CONSUME(KW.protobuf) },
        { ALT: () => this.CONSUME(KW.csv) },
        { ALT: () => this.CONSUME(KW.bytes) },
      ],
      ERR_MSG: 'JSON, AVRO, PROTOBUF, CSV or BYTES',
    })
    this.OPTION(() => this.SUBRULE(this.properties))
  })
}
