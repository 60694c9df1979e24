import { describe, expect, test } from 'vitest'
import { Batch } from '../../core/batch.ts'
import { BIGINT, BOOLEAN, INT, type SqlType } from '../../core/type.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import { checkSource } from './check-source.ts'
import { Code, code, fieldName } from './code.ts'
import { compileProjection, compileScalar, generateProjection, generateScalar } from './compile.ts'
import { NESTING_MAX } from './generate.ts'
import { compileLike } from './like.ts'
import { projectRows } from './rows.ts'
import { compileSource, SOURCE_LENGTH_MAX } from './sink.ts'

const context = { nowMs: 0 }
const column = (index: number, type: SqlType = INT): Expression => ({ kind: 'column', index, type })
const literal = (value: number | boolean | null, type: SqlType = INT): Expression => ({ kind: 'literal', value, type })
const call = (name: string, type: SqlType, ...args: Expression[]): Expression => ({
  kind: 'call',
  function: name,
  arguments: args,
  type,
})

const branch = (when: Expression, then: Expression) => ({ when, then })

describe('code', () => {
  test('takes code and safe integers, nothing else', () => {
    expect(String(code`${1} + ${code`${-2}`}`)).toBe('1 + (-2)')
    for (const value of ['x', 1.5, Number.NaN, 2 ** 53, null, undefined, {}, { toString: () => 'x' }, [1], 1n]) {
      expect(() => code`${value as never}`).toThrow('code takes only code and safe integers')
    }
  })

  test('is made by the tag only', () => {
    expect(() => code(['evil'] as unknown as TemplateStringsArray)).toThrow('code takes a template literal')
    expect(() => new Code('evil', Symbol('code') as never)).toThrow('template tag only')
    expect(Code.is(Object.create(Code.prototype))).toBe(false)
    expect(() => fieldName(-1)).toThrow('a field has a number')
  })
})

describe('check of the source', () => {
  test.each([
    'return process;',
    'return this;',
    'return v1.constructor;',
    'return v1[v2];',
    'return c[0][c[1]];',
    'import(v1);',
    "return 'text';",
    'return "number";',
    'return `x`;',
    'const v0 = 1;',
    'return eval(v1);',
    'return k.length;',
    'return v1 => v2.a;',
    'return globalThis;',
    "v1 = 'number';",
    'return new v1;',
    'return \u0076\u2028;',
    'return /x/;\\',
    'return v1 // x\n;#',
    'return {__proto__: v1};',
  ])('refuses %s', (source) => {
    expect(() => checkSource(source)).toThrow('generated code')
  })

  test('allows what is generated', () => {
    expect(() => checkSource("if (typeof v1 === 'number') return [v1, c[3][i]];")).not.toThrow()
  })

  test('holds source to its length', () => {
    const names = (length: number) =>
      code`return ${0};${Array.from({ length }).reduce<Code>((all) => code`${all} `, code``)}`
    const rest = SOURCE_LENGTH_MAX - 'return 0;'.length
    expect(compileSource<() => number>(names(rest), [])()).toBe(0)
    expect(() => compileSource(names(rest + 1), [])).toThrow('within its limit')
  })
})

describe('generated functions', () => {
  test('compute a common part once', () => {
    const sum = call('add', BIGINT, column(0, BIGINT), column(1, BIGINT))
    const source = String(generateProjection([sum, call('multiply', BIGINT, sum, sum)])?.source)
    expect(source.match(/ \+ v\d+;/g)).toHaveLength(1)
  })

  test('do not evaluate what CASE, AND and COALESCE leave out', () => {
    const failing = call('divide', INT, literal(1), literal(0))
    const failingTest = call('equal', BOOLEAN, failing, literal(1))
    const lazy: readonly Expression[] = [
      { kind: 'case', branches: [branch(literal(true, BOOLEAN), literal(1))], otherwise: failing, type: INT },
      { kind: 'and', operands: [literal(false, BOOLEAN), failingTest], type: BOOLEAN },
      { kind: 'or', operands: [literal(true, BOOLEAN), failingTest], type: BOOLEAN },
      call('coalesce', INT, literal(1), failing),
    ]
    for (const mode of ['on', 'off'] as const) {
      expect(lazy.map((one) => compileScalar(one, mode)([], context))).toEqual([1, false, true, 1])
    }
  })

  test('share plain columns with their input', () => {
    const batch = Batch.ofRows(
      [
        [1, 2],
        [3, 4],
      ],
      [0, 0],
    )
    const [out] = compileProjection([column(1)], 2)(batch, context)
    expect(out).toBe(batch.columns[1])
    expect(() => compileProjection([column(2)], 2)).toThrow('expression reads column 2 of an input with 2')
  })

  test('go as deep as the limit, and are interpreted beyond it, with the same result', () => {
    const nested = (depth: number): Expression => {
      let all = column(0)
      for (let i = 1; i < depth; i++) all = call('add', INT, all, literal(i % 2 === 0 ? -1 : 1))
      return all
    }
    expect(generateScalar(nested(NESTING_MAX))).toBeDefined()
    expect(generateScalar(nested(NESTING_MAX + 1))).toBeUndefined()
    for (const depth of [NESTING_MAX, NESTING_MAX + 1]) {
      expect(compileScalar(nested(depth))([7], context)).toBe(compileScalar(nested(depth), 'off')([7], context))
    }
  })

  test('that would be too large are interpreted', () => {
    const many = Array.from({ length: 6_000 }, (_, i) => call('add', INT, column(0), literal(i)))
    expect(generateProjection(many)).toBeUndefined()
    const columns = compileProjection(many, 1)(Batch.ofRows([[1]], [0]), context)
    expect(columns[5_999]).toEqual([6_000])
  })

  test('report the rows that cannot be computed and keep the others', () => {
    const batch = Batch.ofRows([[1], [0], [null], [2]], [0, 0, 0, 0])
    const projection = compileProjection([call('divide', INT, literal(10), column(0)), column(0)], 1)
    expect(projectRows(projection, batch, context)).toEqual({
      columns: [
        [10, null, 5],
        [1, null, 2],
      ],
      kept: [0, 2, 3],
      failed: [{ row: 1, reason: 'division by zero' }],
    })
  })
})

describe('LIKE', () => {
  test.each([
    ['a', 'a%a', false],
    ['aa', 'a%a', true],
    ['ab', 'a%b%c', false],
    ['abc', 'a%b%c', true],
    ['abc', 'a%bc%c', false],
    ['a\nb', 'a_b', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
    ['[x]', '[%]', true],
  ])('%j LIKE %j is %s', (text, pattern, expected) => {
    expect(compileLike(pattern)(text)).toBe(expected)
  })
})

describe('the cache', () => {
  test('tells expressions apart', () => {
    expect(compileScalar(literal(1))([], context)).toBe(1)
    expect(compileScalar(literal(2))([], context)).toBe(2)
    expect(compileScalar(literal(1))).toBe(compileScalar(literal(1)))
  })
})
