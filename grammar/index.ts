// The only door of the grammar: text in, syntax tree and diagnostics out. Nothing here throws on any text.

export type * from './ast.ts'
export { type Completion, complete, type Expectation } from './complete.ts'
export * from './diagnostic.ts'
export * from './limits.ts'
export { type ParseExpressionResult, type ParseResult, parse, parseExpression } from './parse.ts'
export { print, printExpression, printIdentifier, printInterval, printString, printType } from './print.ts'
export { mostSimilar } from './similar.ts'
export * from './span.ts'
