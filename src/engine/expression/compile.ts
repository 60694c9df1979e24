import type { Batch, Column } from '../../core/batch.ts'
import { LruCache } from '../../core/lru-cache.ts'
import type { Row, Value } from '../../core/value.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import { type Code, code, joinCode } from './code.ts'
import type { EvalContext } from './context.ts'
import type { Body } from './function.ts'
import { type Computed, Generator, NestingError, Scope } from './generate.ts'
import { interpret, type ScalarEvaluator } from './interpret.ts'
import { compileSource, SOURCE_LENGTH_MAX } from './sink.ts'

export type { EvalContext } from './context.ts'
export type { ScalarEvaluator } from './interpret.ts'

/**
 * Typed expressions to functions over batches. All expressions of a projection are one loop over the rows, so that
 * what they have in common is computed once a row. With code generation off, or where the source would be too large,
 * the same is done by interpret.ts: the results are equal, which a property test holds them to.
 *
 * All of these throw EvaluationError at the first row that cannot be computed; rows.ts finds out which rows those are.
 */
export type CodegenMode = 'on' | 'off'

/** Columns of results, one an expression. A column that is projected as it is is shared, not copied. */
export type Projection = (batch: Batch, context: EvalContext) => Column[]

/** Writes the positions of the rows for which the predicate is TRUE, and returns how many there are. */
export type Predicate = (batch: Batch, context: EvalContext, selection: Int32Array) => number

/** Compiled expressions that are kept for the next query with the same; the least recently used goes. */
const CACHE_ENTRIES_MAX = 1_000

const cache = new LruCache<string, unknown>(CACHE_ENTRIES_MAX)

function cached<T>(kind: string, mode: CodegenMode, expressions: readonly Expression[], make: () => T): T {
  const key = `${kind} ${mode} ${JSON.stringify(expressions)}`
  const known = cache.get(key)
  if (known !== undefined) return known as T
  const made = make()
  cache.set(key, made)
  return made
}

type RunProjection = (
  columns: readonly Column[],
  outputs: readonly Value[][],
  start: number,
  end: number,
  context: EvalContext,
  constants: readonly Value[],
  functions: readonly Body[],
) => void

/**
 * @param inputWidth columns of the input; every column of the expressions is among them
 */
export function compileProjection(
  expressions: readonly Expression[],
  inputWidth: number,
  mode: CodegenMode = 'on',
): Projection {
  for (const expression of expressions) checkColumns(expression, inputWidth)
  return cached('projection', mode, expressions, () => makeProjection(expressions, mode))
}

function makeProjection(expressions: readonly Expression[], mode: CodegenMode): Projection {
  const computed = expressions.filter((expression) => expression.kind !== 'column')
  const run = computed.length === 0 ? undefined : makeRun(computed, mode)
  return (batch, context) => {
    const outputs: Value[][] = computed.map(() => new Array(batch.length))
    run?.(batch.columns, outputs, 0, batch.length, context)
    let next = 0
    return expressions.map((expression) =>
      expression.kind === 'column' ? (batch.columns[expression.index] as Column) : (outputs[next++] as Value[]),
    )
  }
}

type Run = (
  columns: readonly Column[],
  outputs: readonly Value[][],
  start: number,
  end: number,
  context: EvalContext,
) => void

function makeRun(expressions: readonly Expression[], mode: CodegenMode): Run {
  const generated = mode === 'on' ? generateProjection(expressions) : undefined
  if (generated === undefined) return interpretProjection(expressions)
  const run = compileSource<RunProjection>(generated.source, ['c', 'o', 's', 'e', 'x', 'k', 'f'])
  const { constants, functions } = generated
  return (columns, outputs, start, end, context) => run(columns, outputs, start, end, context, constants, functions)
}

function interpretProjection(expressions: readonly Expression[]): Run {
  const evaluators = expressions.map(interpret)
  return (columns, outputs, start, end, context) => {
    for (let i = start; i < end; i++) {
      const row = columns.map((column) => column[i] as Value)
      for (const [j, evaluate] of evaluators.entries()) (outputs[j] as Value[])[i] = evaluate(row, context)
    }
  }
}

export interface Generated {
  readonly source: Code
  readonly constants: readonly Value[]
  readonly functions: readonly Body[]
}

/** The body of a generated function, or undefined when it would be too large. Exported for the tests of its source. */
export function generateProjection(expressions: readonly Expression[]): Generated | undefined {
  return generate(columnOfBatch(), (generator, scope) => {
    const outputs = expressions.map((expression, i) => {
      const name = generator.names.next()
      generator.header.push(code`const ${name} = o[${i}];`)
      return code`${name}[i] = ${generator.emit(expression, scope).code};`
    })
    return loop(code`${scope.source}\n${joinCode(outputs, code`\n`)}`)
  })
}

type RunPredicate = (
  columns: readonly Column[],
  selection: Int32Array,
  start: number,
  end: number,
  context: EvalContext,
  constants: readonly Value[],
  functions: readonly Body[],
) => number

export function compilePredicate(expression: Expression, mode: CodegenMode = 'on'): Predicate {
  return cached('predicate', mode, [expression], () => makePredicate(expression, mode))
}

function makePredicate(expression: Expression, mode: CodegenMode): Predicate {
  const generated = mode === 'on' ? generatePredicate(expression) : undefined
  if (generated === undefined) return interpretPredicate(expression)
  const run = compileSource<RunPredicate>(generated.source, ['c', 'o', 's', 'e', 'x', 'k', 'f'])
  const { constants, functions } = generated
  return (batch, context, selection) => run(batch.columns, selection, 0, batch.length, context, constants, functions)
}

function interpretPredicate(expression: Expression): Predicate {
  const evaluators = conjuncts(expression).map(interpret)
  return (batch, context, selection) => {
    let count = 0
    for (let i = 0; i < batch.length; i++) {
      const row = batch.row(i)
      if (evaluators.every((evaluate) => evaluate(row, context) === true)) selection[count++] = i
    }
    return count
  }
}

export function generatePredicate(expression: Expression): Generated | undefined {
  return generate(columnOfBatch(), (generator, scope) => {
    for (const operand of conjuncts(expression)) {
      const value = generator.emit(operand, scope)
      scope.statements.push(code`if (${value.code} !== true) continue;`)
    }
    return code`let n = 0;\n${loop(code`${scope.source}\no[n] = i;\nn++;`)}\nreturn n;`
  })
}

/**
 * A row passes when each operand of the outermost ANDs is TRUE; after one that is not, the others are not
 * evaluated.
 */
function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.operands.flatMap(conjuncts) : [expression]
}

type RunScalar = (row: Row, context: EvalContext, constants: readonly Value[], functions: readonly Body[]) => Value

/** One expression over one row. */
export function compileScalar(expression: Expression, mode: CodegenMode = 'on'): ScalarEvaluator {
  return cached('scalar', mode, [expression], () => {
    const generated = mode === 'on' ? generateScalar(expression) : undefined
    if (generated === undefined) return interpret(expression)
    const run = compileSource<RunScalar>(generated.source, ['r', 'x', 'k', 'f'])
    const { constants, functions } = generated
    return (row, context) => run(row, context, constants, functions)
  })
}

export function generateScalar(expression: Expression): Generated | undefined {
  const column = (_generator: Generator, index: number): Code => code`r[${index}]`
  return generate(column, (generator, scope) => {
    const value: Computed = generator.emit(expression, scope)
    return code`${scope.source}\nreturn ${value.code};`
  })
}

function generate(
  column: (generator: Generator, index: number) => Code,
  body: (generator: Generator, scope: Scope) => Code,
): Generated | undefined {
  const generator = new Generator(column)
  try {
    const inside = body(generator, new Scope())
    const source = code`${joinCode(generator.header, code`\n`)}\n${inside}`
    if (source.length > SOURCE_LENGTH_MAX) return undefined
    return { source, constants: generator.constants, functions: generator.functions }
  } catch (error) {
    if (error instanceof NestingError) return undefined
    throw error
  }
}

function loop(body: Code): Code {
  return code`for (let i = s; i < e; i++) {\n${body}\n}`
}

/** Reads `c[index][i]`, with the column in a variable before the loop. */
function columnOfBatch(): (generator: Generator, index: number) => Code {
  const names = new Map<number, Code>()
  return (generator, index) => {
    let name = names.get(index)
    if (name === undefined) {
      name = generator.names.next()
      names.set(index, name)
      generator.header.push(code`const ${name} = c[${index}];`)
    }
    return code`${name}[i]`
  }
}

function checkColumns(expression: Expression, inputWidth: number): void {
  const seen: Expression[] = [expression]
  for (let next = seen.pop(); next !== undefined; next = seen.pop()) {
    if (next.kind === 'column' && !(next.index >= 0 && next.index < inputWidth)) {
      throw new Error(`expression reads column ${next.index} of an input with ${inputWidth}`)
    }
    seen.push(...childrenOf(next))
  }
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.arguments
    case 'and':
    case 'or':
      return expression.operands
    case 'case':
      return [...expression.branches.flatMap(({ when, then }) => [when, then]), expression.otherwise]
    case 'not':
    case 'is-null':
    case 'cast':
    case 'field':
      return [expression.operand]
    default:
      return []
  }
}
