// The grammar's statements, and the one parser. Rules only, no actions: build-ast.ts gives the result its meaning.
// The classes build on each other only to keep the files short: leaf ← call ← expression ← query ← relation ←
// property ← create ← this.

import type { IParserConfig } from 'chevrotain'
import { messageProvider } from './messages.ts'
import { CreateParser } from './parser-create.ts'
import type { Rule } from './parser-leaf.ts'
import * as T from './tokens.ts'
import { KW } from './tokens.ts'

export class SqlParser extends CreateParser {
  readonly statement: Rule = this.RULE('statement', () => {
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.explain) }, { ALT: () => this.SUBRULE(this.plainStatement) }],
      ERR_MSG: 'a statement',
    })
  })

  /** What EXPLAIN can be put in front of: not itself, so that no chain of it nests. */
  readonly plainStatement: Rule = this.RULE('plainStatement', () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.create) },
        { ALT: () => this.SUBRULE(this.insert) },
        { ALT: () => this.SUBRULE(this.query) },
        { ALT: () => this.SUBRULE(this.show) },
        { ALT: () => this.SUBRULE(this.describe) },
        { ALT: () => this.SUBRULE(this.drop) },
        { ALT: () => this.SUBRULE(this.alter) },
        { ALT: () => this.SUBRULE(this.lifecycle) },
        { ALT: () => this.SUBRULE(this.setOption) },
        { ALT: () => this.SUBRULE(this.print) },
        { ALT: () => this.SUBRULE(this.resetQuery) },
        { ALT: () => this.SUBRULE(this.assertValues) },
        { ALT: () => this.SUBRULE(this.advance) },
      ],
      ERR_MSG: 'a statement',
    })
  })

  readonly explain: Rule = this.RULE('explain', () => {
    this.CONSUME(KW.explain)
    this.OPTION(() => {
      this.OR([
        { ALT: () => this.CONSUME(KW.analyze) },
        { ALT: () => this.CONSUME(KW.replace) },
        {
          ALT: () => {
            this.CONSUME(KW.flink)
            this.OPTION2(() => this.SUBRULE(this.properties))
          },
        },
      ])
    })
    this.OR2({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.query)
            this.SUBRULE(this.queryName)
          },
        },
        { ALT: () => this.SUBRULE(this.plainStatement) },
      ],
      ERR_MSG: 'a statement or QUERY',
    })
  })

  // ---- the other statements ------------------------------------------------------------------------------------

  readonly insert: Rule = this.RULE('insert', () => {
    this.CONSUME(KW.insert)
    this.CONSUME(KW.into)
    this.SUBRULE(this.relationName)
    this.OPTION(() => this.SUBRULE(this.columnNames))
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.values) }, { ALT: () => this.SUBRULE(this.query) }],
      ERR_MSG: 'VALUES or a query',
    })
  })

  readonly values: Rule = this.RULE('values', () => {
    this.CONSUME(KW.values)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.row) })
  })

  readonly row: Rule = this.RULE('row', () => {
    this.CONSUME(T.LParen)
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.expression) })
    this.CONSUME(T.RParen)
  })

  readonly show: Rule = this.RULE('show', () => {
    this.CONSUME(KW.show)
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(KW.streams) },
        { ALT: () => this.CONSUME(KW.tables) },
        {
          ALT: () => {
            this.CONSUME(KW.materialized)
            this.CONSUME(KW.views)
          },
        },
        { ALT: () => this.CONSUME2(KW.views) },
        { ALT: () => this.CONSUME(KW.sinks) },
        { ALT: () => this.CONSUME(KW.queries) },
        { ALT: () => this.CONSUME(KW.functions) },
        { ALT: () => this.CONSUME(KW.topics) },
      ],
      ERR_MSG: 'STREAMS, TABLES, MATERIALIZED VIEWS, VIEWS, SINKS, QUERIES, FUNCTIONS or TOPICS',
    })
  })

  readonly describe: Rule = this.RULE('describe', () => {
    this.CONSUME(KW.describe)
    this.OPTION({
      GATE: () => T.accepts(T.Name, this.LA(2).tokenType),
      DEF: () => this.CONSUME(KW.extended),
    })
    this.SUBRULE(this.relationName)
  })

  readonly drop: Rule = this.RULE('drop', () => {
    this.CONSUME(KW.drop)
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(KW.stream) },
        { ALT: () => this.CONSUME(KW.table) },
        {
          ALT: () => {
            this.CONSUME(KW.materialized)
            this.CONSUME(KW.view)
          },
        },
        { ALT: () => this.CONSUME2(KW.view) },
        { ALT: () => this.CONSUME(KW.sink) },
        { ALT: () => this.CONSUME(KW.function) },
        { ALT: () => this.CONSUME(KW.savepoint) },
        { ALT: () => this.CONSUME(KW.query) },
      ],
      ERR_MSG: 'STREAM, TABLE, MATERIALIZED VIEW, VIEW, SINK, FUNCTION, SAVEPOINT or QUERY',
    })
    this.OPTION({
      GATE: () => this.isNext(2, KW.exists),
      DEF: () => {
        this.CONSUME(KW.if)
        this.CONSUME(KW.exists)
      },
    })
    this.SUBRULE(this.relationName)
    this.OPTION2(() => this.CONSUME(KW.cascade))
  })

  readonly alter: Rule = this.RULE('alter', () => {
    this.CONSUME(KW.alter)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.query)
            this.SUBRULE(this.queryName)
            this.SUBRULE(this.alteration)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.materialized)
            this.CONSUME(KW.view)
            this.SUBRULE(this.relationName)
            this.SUBRULE2(this.alteration)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.sink)
            this.SUBRULE2(this.queryName)
            this.SUBRULE3(this.alteration)
          },
        },
        {
          ALT: () => {
            this.OR2([{ ALT: () => this.CONSUME(KW.stream) }, { ALT: () => this.CONSUME(KW.table) }])
            this.SUBRULE2(this.relationName)
            this.OR3({
              DEF: [{ ALT: () => this.SUBRULE(this.addColumn) }, { ALT: () => this.SUBRULE(this.setProperties) }],
              ERR_MSG: 'ADD COLUMN or SET',
            })
          },
        },
      ],
      ERR_MSG: 'QUERY, MATERIALIZED VIEW, SINK, STREAM or TABLE',
    })
  })

  readonly alteration: Rule = this.RULE('alteration', () => {
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.as)
            this.SUBRULE(this.query)
          },
        },
        { ALT: () => this.SUBRULE(this.setProperties) },
      ],
      ERR_MSG: 'AS with a query, or SET',
    })
  })

  readonly addColumn: Rule = this.RULE('addColumn', () => {
    this.CONSUME(KW.add)
    this.CONSUME(KW.column)
    this.SUBRULE(this.newName)
    this.SUBRULE(this.typeName)
  })

  readonly setProperties: Rule = this.RULE('setProperties', () => {
    this.CONSUME(KW.set)
    this.SUBRULE(this.properties)
  })

  readonly lifecycle: Rule = this.RULE('lifecycle', () => {
    this.OR([
      { ALT: () => this.CONSUME(KW.pause) },
      { ALT: () => this.CONSUME(KW.resume) },
      { ALT: () => this.CONSUME(KW.terminate) },
    ])
    this.OR2({
      DEF: [
        { ALT: () => this.CONSUME(KW.all) },
        {
          ALT: () => {
            this.CONSUME(KW.query)
            this.SUBRULE(this.queryName)
          },
        },
      ],
      ERR_MSG: 'QUERY or ALL',
    })
  })

  readonly setOption: Rule = this.RULE('setOption', () => {
    this.CONSUME(KW.set)
    this.SUBRULE(this.property)
  })

  readonly print: Rule = this.RULE('print', () => {
    this.CONSUME(KW.print)
    this.OR({
      DEF: [{ ALT: () => this.CONSUME(T.Name) }, { ALT: () => this.CONSUME(T.StringLiteral) }],
      ERR_MSG: 'the name of a topic',
    })
    this.OPTION(() => {
      this.CONSUME(KW.from)
      this.CONSUME(KW.beginning)
    })
    this.OPTION2(() => this.SUBRULE(this.limit))
  })

  readonly resetQuery: Rule = this.RULE('resetQuery', () => {
    this.CONSUME(KW.reset)
    this.CONSUME(KW.query)
    this.SUBRULE(this.queryName)
    this.CONSUME(KW.to)
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(KW.earliest) },
        { ALT: () => this.CONSUME(KW.latest) },
        {
          ALT: () => {
            this.CONSUME(KW.timestamp)
            this.CONSUME(T.StringLiteral)
          },
        },
      ],
      ERR_MSG: 'EARLIEST, LATEST or TIMESTAMP',
    })
  })

  readonly assertValues: Rule = this.RULE('assertValues', () => {
    this.CONSUME(KW.assert)
    this.OPTION(() => this.CONSUME(KW.null))
    this.CONSUME(KW.values)
    this.SUBRULE(this.relationName)
    this.OPTION2(() => this.SUBRULE(this.columnNames))
    this.SUBRULE(this.values)
  })

  readonly advance: Rule = this.RULE('advance', () => {
    this.CONSUME(KW.advance)
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(KW.watermark)
            this.SUBRULE(this.relationName)
            this.CONSUME(KW.to)
            this.SUBRULE(this.expression)
          },
        },
        {
          ALT: () => {
            this.CONSUME(KW.wallclock)
            this.CONSUME(KW.by)
            this.SUBRULE(this.interval)
          },
        },
      ],
      ERR_MSG: 'WATERMARK or WALLCLOCK',
    })
  })

  constructor(options: { readonly validate?: boolean } = {}) {
    super({
      // One, with explicit gates: see parser-expression.ts.
      maxLookahead: 1,
      // A text is cut at its semicolons before it is parsed, which is the only place worth resuming at: an error
      // guessed into shape inside a statement brings others that are not there.
      recoveryEnabled: false,
      nodeLocationTracking: 'onlyOffset',
      errorMessageProvider: messageProvider,
      // Half of the start-up time; the tests build a parser that does validate.
      skipValidations: options.validate !== true,
    } as IParserConfig)
    this.performSelfAnalysis()
  }
}

export const parser = new SqlParser()
