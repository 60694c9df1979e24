import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../core/errors.ts'
import { EXIT_CODES, exitCodeOf, UsageError } from './exit-codes.ts'

describe('exitCodeOf', () => {
  it.each([
    [new UsageError('no'), EXIT_CODES.usage],
    [new AppError('INVALID_SQL', 'no'), EXIT_CODES.invalidSql],
    [new AppError('UNAVAILABLE', 'no'), EXIT_CODES.unreachable],
    [new AppError('UNAUTHENTICATED', 'no'), EXIT_CODES.refused],
    [new AppError('PERMISSION_DENIED', 'no'), EXIT_CODES.refused],
    [new AppError('CANCELLED', 'no'), EXIT_CODES.interrupted],
    [new AppError('NOT_FOUND', 'no'), EXIT_CODES.failure],
    [new Error('no'), EXIT_CODES.failure],
    ['no', EXIT_CODES.failure],
  ])('%o', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})

describe('docs/cli.md', () => {
  it('lists every exit code, and no other', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')
    const listed = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(listed).toEqual(Object.values(EXIT_CODES))
  })
})
