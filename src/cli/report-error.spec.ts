import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { errorAt } from '../../grammar/diagnostic.ts'
import { spanAt } from '../../grammar/span.ts'
import { AppError } from '../core/errors.ts'
import { EXIT_CODES, UsageError } from './exit-codes.ts'
import { errorText, reportError } from './report-error.ts'

const sql = 'SELECT amuont\nFROM orders'
const unknown = errorAt(spanAt(sql, 7, 13), 'UNKNOWN_COLUMN', 'stream "orders" has no column "amuont"', {
  hint: 'Did you mean "amount"?',
})

describe('errorText', () => {
  it('points into the text, names the file and gives the hint', () => {
    const error = new AppError('INVALID_SQL', 'the statement is wrong', { diagnostics: [unknown] })
    expect(errorText(error, { sql, file: 'query.sql' })).toBe(
      [
        'error[UNKNOWN_COLUMN]: stream "orders" has no column "amuont"',
        ' --> query.sql, line 1, column 8',
        '  |',
        '1 | SELECT amuont',
        '  |        ^^^^^^',
        'hint: Did you mean "amount"?',
      ].join('\n'),
    )
  })

  it('shows message and hint of an error without a place', () => {
    const error = new AppError('UNAVAILABLE', 'no server answers at 127.0.0.1:1', { hint: 'Start one: weir server' })
    expect(errorText(error)).toBe('error: no server answers at 127.0.0.1:1\nhint: Start one: weir server')
    expect(errorText(new UsageError('a and b exclude each other'))).toBe('error: a and b exclude each other')
  })

  it('says of a defect that it is one', () => {
    expect(errorText(new Error('boom'))).toContain('defect of weir')
  })
})

describe('reportError', () => {
  it('writes to standard error and gives the exit code', () => {
    const stderr = new PassThrough()
    expect(reportError(new AppError('INVALID_SQL', 'no'), stderr)).toBe(EXIT_CODES.invalidSql)
    expect(String(stderr.read())).toBe('error: no\n')
  })

  it('says nothing about a reader that has enough', () => {
    const stderr = new PassThrough()
    expect(reportError(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), stderr)).toBe(EXIT_CODES.ok)
    expect(stderr.read()).toBeNull()
  })
})
