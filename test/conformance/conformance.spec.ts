// Every client there is does what the cases of clients/conformance say. One whose tools are not here is skipped.

import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildServer, removeBuild } from '../e2e/server-process.ts'
import { difference } from './compare.ts'
import { LANGUAGES, ToolsMissingError } from './languages.ts'
import { runCases } from './run-cases.ts'

const ROOT = join(import.meta.dirname, '../..')

beforeAll(buildServer, 120_000)
afterAll(removeBuild)

/** The first time a client is built, its libraries are fetched. */
const LANGUAGE_MS = 300_000

describe('the cases of clients/conformance', () => {
  it.each(LANGUAGES)(
    'hold for $name',
    async ({ prepare }) => {
      const driver = await prepare().catch((error: unknown) => {
        if (error instanceof ToolsMissingError) return error
        throw error
      })
      if (driver instanceof ToolsMissingError) return console.log(`skipped: ${driver.message}`)
      expect((await runCases(driver)).failures).toEqual([])
    },
    LANGUAGE_MS,
  )
})

describe('generated code that is checked in', () => {
  it.each([
    ['clients/python/generate.sh', 'clients/python/src/weir/v1'],
    ['clients/go/generate.sh', 'clients/go/internal/weirv1'],
  ])('is what %s writes now', (script, folder) => {
    const hash = createHash('sha256')
    for (const path of globSync('proto/weir/v1/*.proto', { cwd: ROOT }).sort())
      hash.update(readFileSync(join(ROOT, path)))
    const generatedFrom = readFileSync(join(ROOT, folder, 'proto.sha256'), 'utf8').trim()
    expect(generatedFrom, `proto/ has changed: run ${script}`).toBe(hash.digest('hex'))
  })
})

describe('difference', () => {
  it.each<[string, unknown, unknown]>([
    ['a number as its digits', { n: '7' }, { n: 7 }],
    ['no more than the case names', { a: 1 }, { a: 1, b: 2 }],
    ['what is not there as null', { a: null }, {}],
    ['a bound', { n: { $atLeast: 1, $atMost: 3 } }, { n: 2 }],
  ])('takes %s', (_name, expected, actual) => expect(difference(expected, actual)).toBeUndefined())

  it.each<[string, unknown, unknown, string]>([
    ['digits that were lost', ['9007199254740993'], [9007199254740992], 'result[0]'],
    ['a row too many', [[1]], [[1], [1]], 'result'],
    ['what passes a bound', { n: { $atMost: 3 } }, { n: 4 }, 'result.n'],
    ['a text for NULL', [null], ['null'], 'result[0]'],
    ['scale that was lost', { d: '12.50' }, { d: '12.5' }, 'result.d'],
  ])('tells %s, with its place', (_name, expected, actual, place) => {
    expect(difference(expected, actual)).toMatch(new RegExp(`^${place.replace(/[[\].]/g, '\\$&')} is `))
  })
})
