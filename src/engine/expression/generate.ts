import { unreachable } from '../../core/assert.ts'
import { type SqlType, typeName } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { CallExpression, CaseExpression, Expression, LogicalExpression } from '../../plan/physical/expression.ts'
import { castBody, safeCast } from './cast.ts'
import { type Code, code, joinCode, Names } from './code.ts'
import type { Body } from './function.ts'
import { scalarBody } from './functions.ts'
import { inlineCall, type Operand } from './inline.ts'
import { boundCall, literalOf } from './literals.ts'

/**
 * Typed expressions to source: statements that compute each distinct sub-expression once, into a variable.
 *
 * Scopes of the source are scopes of what is known: a value computed in a branch of CASE, or in the second operand of
 * AND, is not known outside of it, where it may not have been computed. So evaluation is as lazy as in interpret.ts,
 * and raises the same errors in the same order.
 */

/** A computed value: a variable, a literal or null. */
export interface Computed extends Operand {
  readonly nullable: boolean
}

/** Statements of one JavaScript block, and the values that are known in it. */
export class Scope {
  readonly statements: Code[] = []
  readonly #parent: Scope | undefined
  readonly #known = new Map<number, Computed>()

  constructor(parent?: Scope) {
    this.#parent = parent
  }

  known(id: number): Computed | undefined {
    return this.#known.get(id) ?? this.#parent?.known(id)
  }

  learn(id: number, value: Computed): Computed {
    this.#known.set(id, value)
    return value
  }

  get source(): Code {
    return joinCode(this.statements, code`\n`)
  }
}

/** How generated code reads a column; declares what it needs in `header`. */
export type ColumnReader = (generator: Generator, index: number) => Code

/** Nested lazy forms; V8 parses recursively, and nobody writes more by hand. Deeper ones are interpreted. */
export const NESTING_MAX = 64

export class NestingError extends Error {
  override readonly name = 'NestingError'
}

export class Generator {
  readonly names = new Names()
  /** Statements before the loop: columns, constants and functions in variables. */
  readonly header: Code[] = []
  readonly constants: Value[] = []
  readonly functions: Body[] = []
  readonly #columnReader: ColumnReader
  readonly #ids = new Map<string, number>()
  #depth = 0

  constructor(columnReader: ColumnReader) {
    this.#columnReader = columnReader
  }

  /** Emits into `scope` what computes the expression. */
  emit(expression: Expression, scope: Scope): Computed {
    const id = this.#id(expression)
    const known = scope.known(id)
    if (known !== undefined) return known
    if (++this.#depth > NESTING_MAX) throw new NestingError('expression is nested too deep to be compiled')
    const value = this.#emit(expression, scope)
    this.#depth--
    return scope.learn(id, value)
  }

  constant(value: Value): Code {
    const name = this.names.next()
    this.header.push(code`const ${name} = k[${this.constants.length}];`)
    this.constants.push(value)
    return name
  }

  function(body: Body): Code {
    const name = this.names.next()
    this.header.push(code`const ${name} = f[${this.functions.length}];`)
    this.functions.push(body)
    return name
  }

  #emit(expression: Expression, scope: Scope): Computed {
    switch (expression.kind) {
      case 'column':
        return this.#define(scope, this.#columnReader(this, expression.index), expression.type, true)
      case 'literal':
        return this.#literal(literalOf(expression) as Value)
      case 'call':
        return this.#call(expression, scope)
      case 'and':
      case 'or':
        return this.#logical(expression, scope)
      case 'not': {
        const operand = this.emit(expression.operand, scope)
        const value = operand.nullable
          ? code`${operand.code} === null ? null : !${operand.code}`
          : code`!${operand.code}`
        return this.#define(scope, value, expression.type, operand.nullable)
      }
      case 'is-null': {
        const operand = this.emit(expression.operand, scope)
        const value = expression.negated ? code`${operand.code} !== null` : code`${operand.code} === null`
        return this.#define(scope, value, expression.type, false)
      }
      case 'case':
        return this.#case(expression, scope)
      case 'cast': {
        const operand = this.emit(expression.operand, scope)
        const cast = castBody(expression.operand.type, expression.type)
        // The same value under another type.
        if (cast === undefined) return operand
        return this.#strictCall(expression.safe ? safeCast(cast) : cast, [operand], expression.type, scope)
      }
      case 'field': {
        const operand = this.emit(expression.operand, scope)
        const read = code`${operand.code}[${expression.index}]`
        const value = operand.nullable ? code`${operand.code} === null ? null : ${read}` : read
        return this.#define(scope, value, expression.type, true)
      }
      default:
        return unreachable(expression)
    }
  }

  #define(scope: Scope, value: Code, type: SqlType, nullable: boolean): Computed {
    const name = this.names.next()
    scope.statements.push(code`const ${name} = ${value};`)
    return { code: name, number: isAlwaysNumber(type), nullable }
  }

  #literal(value: Value): Computed {
    if (value === null) return { code: code`null`, number: false, nullable: true }
    if (value === true) return { code: code`true`, number: false, nullable: false }
    if (value === false) return { code: code`false`, number: false, nullable: false }
    if (Number.isSafeInteger(value)) return { code: code`${value as number}`, number: true, nullable: false }
    return { code: this.constant(value), number: typeof value === 'number', nullable: false }
  }

  #call(call: CallExpression, scope: Scope): Computed {
    if (call.function === 'now') return this.#define(scope, code`x.nowMs`, call.type, false)
    if (call.function === 'coalesce') return this.#coalesce(call, scope)
    const implementation = scalarBody(call.function)
    const body = implementation.bind(boundCall(call))
    const operands = call.arguments.map((argument) => this.emit(argument, scope))
    if (!implementation.strict) {
      const values = joinCode(
        operands.map((operand) => operand.code),
        code`, `,
      )
      return this.#define(scope, code`${this.function(body)}(${values})`, call.type, true)
    }
    const inlined = inlineCall(call, operands)
    if (inlined === undefined) return this.#strictCall(body, operands, call.type, scope)
    const test = presentTest(operands)
    const nullable = test !== undefined
    if (inlined.kind === 'expression') {
      const value = test === undefined ? inlined.value : code`${test} ? ${inlined.value} : null`
      return this.#define(scope, value, call.type, nullable)
    }
    const name = this.names.next()
    const assign = inlined.assign(name, this.function(body))
    scope.statements.push(code`let ${name} = null;`)
    scope.statements.push(test === undefined ? assign : code`if (${test}) {\n${assign}\n}`)
    return { code: name, number: isAlwaysNumber(call.type), nullable }
  }

  #strictCall(body: Body, operands: readonly Computed[], type: SqlType, scope: Scope): Computed {
    const values = joinCode(
      operands.map((operand) => operand.code),
      code`, `,
    )
    const call = code`${this.function(body)}(${values})`
    const test = presentTest(operands)
    return this.#define(scope, test === undefined ? call : code`${test} ? ${call} : null`, type, true)
  }

  /** The first value that is not NULL; the block ends there. */
  #coalesce(call: CallExpression, scope: Scope): Computed {
    return this.#block(scope, code`null`, call.type, true, (block, result, end) => {
      for (const [i, argument] of call.arguments.entries()) {
        const value = this.emit(argument, block)
        block.statements.push(code`${result} = ${value.code};`)
        if (i < call.arguments.length - 1) block.statements.push(code`if (${result} !== null) break ${end};`)
      }
    })
  }

  #logical(expression: LogicalExpression, scope: Scope): Computed {
    const decisive = expression.kind === 'or' ? code`true` : code`false`
    const neutral = expression.kind === 'or' ? code`false` : code`true`
    return this.#block(scope, neutral, expression.type, true, (block, result, end) => {
      for (const operand of expression.operands) {
        const value = this.emit(operand, block)
        block.statements.push(code`if (${value.code} === ${decisive}) { ${result} = ${decisive}; break ${end}; }`)
        if (value.nullable) block.statements.push(code`if (${value.code} === null) ${result} = null;`)
      }
    })
  }

  #case(expression: CaseExpression, scope: Scope): Computed {
    return this.#block(scope, code`null`, expression.type, true, (block, result, end) => {
      for (const { when, then } of expression.branches) {
        const condition = this.emit(when, block)
        const branch = new Scope(block)
        const value = this.emit(then, branch)
        branch.statements.push(code`${result} = ${value.code}; break ${end};`)
        block.statements.push(code`if (${condition.code} === true) {\n${branch.source}\n}`)
      }
      const otherwise = this.emit(expression.otherwise, block)
      block.statements.push(code`${result} = ${otherwise.code};`)
    })
  }

  /** A labelled block that assigns `result` and may be left early. */
  #block(
    scope: Scope,
    initial: Code,
    type: SqlType,
    nullable: boolean,
    fill: (block: Scope, result: Code, end: Code) => void,
  ): Computed {
    const result = this.names.next()
    const end = this.names.next()
    const block = new Scope(scope)
    fill(block, result, end)
    scope.statements.push(code`let ${result} = ${initial};\n${end}: {\n${block.source}\n}`)
    return { code: result, number: isAlwaysNumber(type), nullable }
  }

  /** One number for equal expressions, so that each is computed once. Linear in the size of the expression. */
  #id(expression: Expression): number {
    const key = this.#key(expression)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#ids.set(key, this.#ids.size)
    return this.#ids.size - 1
  }

  readonly #keys = new WeakMap<Expression, string>()

  #key(expression: Expression): string {
    const known = this.#keys.get(expression)
    if (known !== undefined) return known
    const key = `${expression.kind} ${typeName(expression.type)} ${this.#keyParts(expression).join(' ')}`
    this.#keys.set(expression, key)
    return key
  }

  #keyParts(expression: Expression): readonly (string | number | boolean)[] {
    switch (expression.kind) {
      case 'column':
        return [expression.index]
      case 'literal':
        return [JSON.stringify(expression.value)]
      case 'call':
        return [expression.function, ...expression.arguments.map((argument) => this.#id(argument))]
      case 'and':
      case 'or':
        return expression.operands.map((operand) => this.#id(operand))
      case 'not':
        return [this.#id(expression.operand)]
      case 'is-null':
        return [expression.negated, this.#id(expression.operand)]
      case 'case':
        return [
          ...expression.branches.flatMap(({ when, then }) => [this.#id(when), this.#id(then)]),
          this.#id(expression.otherwise),
        ]
      case 'cast':
        return [expression.safe, this.#id(expression.operand)]
      case 'field':
        return [expression.index, this.#id(expression.operand)]
      default:
        return unreachable(expression)
    }
  }
}

/** True when no value of the type is a bigint. */
function isAlwaysNumber(type: SqlType): boolean {
  return type.kind !== 'bigint' && !(type.kind === 'decimal' && type.precision > 15)
}

/** That all operands are there; undefined when they certainly are. */
function presentTest(operands: readonly Computed[]): Code | undefined {
  const tests = operands.filter((operand) => operand.nullable).map((operand) => code`${operand.code} !== null`)
  return tests.length === 0 ? undefined : joinCode(tests, code` && `)
}
