import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, renderDiagnostics } from '../../grammar/index.ts'
import { explainLogical, explainPhysical } from '../../src/plan/explain.ts'
import { decodePlan, encodePlan } from '../../src/plan/physical/codec.ts'
import { compatible } from '../../src/plan/physical/compatible.ts'
import { checkScript, type LogicalPlans } from '../../src/plan/planner.ts'
import { planLast, relations } from './plan-world.ts'

/**
 * plan/: a script, and how its last statement is planned: as bound, after the rules, as steps.
 * error/: a script, and all that is wrong with it, as the user sees it.
 *
 * Both run over the relations of relations.sql. UPDATE=1 writes the files anew; the diff is reviewed as code.
 */
const UPDATE = process.env['UPDATE'] === '1'

describe.each(goldens('plan'))('plan/%s', (file) => {
  const { path, sql, expected } = read('plan', file)
  const { plan, logical } = planLast(sql)

  test('is planned like this', () => {
    const parts = [
      `==== bound\n${explainLogical(logical.bound)}\n`,
      `==== optimised\n${explainLogical(logical.optimised)}\n`,
      `==== steps\n${explainPhysical(plan)}\n`,
    ]
    const actual = parts.join('')
    if (UPDATE) writeFileSync(path, `${sql}${actual}`)
    else expect(actual).toBe(expected)
  })

  test('survives storage', () => {
    expect(decodePlan(encodePlan(plan))).toEqual(plan)
  })

  test('can go on with its own state', () => {
    expect(compatible(plan, plan)).toBe(true)
  })

  test('keeps its columns through the rules', () => {
    const columns = ({ schema }: LogicalPlans['bound']) => schema.fields.map(({ name, type }) => ({ name, type }))
    expect(columns(logical.optimised)).toEqual(columns(logical.bound))
  })
})

describe.each(goldens('error'))('error/%s', (file) => {
  const { path, sql, expected } = read('error', file)

  test('is said like this', () => {
    const { statements, diagnostics } = parse(sql)
    const found = [...diagnostics, ...checkScript(statements, relations())]
    const actual = `==== errors\n${renderDiagnostics(sql, found)}\n`
    expect(found.length, 'something is wrong with it').toBeGreaterThan(0)
    if (UPDATE) writeFileSync(path, `${sql}${actual}`)
    else expect(actual).toBe(expected)
  })
})

test('there are cases', () => {
  expect(goldens('plan').length).toBeGreaterThanOrEqual(25)
  expect(goldens('error').length).toBeGreaterThanOrEqual(25)
})

function goldens(folder: string): readonly string[] {
  return readdirSync(join(import.meta.dirname, folder)).filter((name) => name.endsWith('.sql.txt'))
}

function read(folder: string, file: string) {
  const path = join(import.meta.dirname, folder, file)
  const text = readFileSync(path, 'utf8')
  const at = text.search(/^==== /m)
  return { path, sql: at === -1 ? text : text.slice(0, at), expected: at === -1 ? '' : text.slice(at) }
}
