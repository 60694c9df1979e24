import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { WeirError } from './errors.ts'
import { BAD_REQUEST, ERROR_INFO, STATUS } from './protos.ts'

function serviceError(code: status, details: string, bytes?: Buffer): ServiceError {
  const metadata = new Metadata()
  if (bytes !== undefined) metadata.set('grpc-status-details-bin', bytes)
  return Object.assign(new Error(details), { code, details, metadata })
}

function withDetails(...descriptions: string[]): WeirError {
  const any = (type: string, value: Buffer) => ({ type_url: `type.googleapis.com/google.rpc.${type}`, value })
  const metadata = { resume_token: 't1', hint: 'do this' }
  const info = ERROR_INFO.serialize({ reason: 'UNKNOWN_COLUMN', domain: 'weir', metadata })
  const fieldViolations = descriptions.map((description) => ({ field: 'sql', description }))
  const details = [any('ErrorInfo', info), any('BadRequest', BAD_REQUEST.serialize({ fieldViolations }))]
  return new WeirError(serviceError(status.INVALID_ARGUMENT, 'message', STATUS.serialize({ code: 3, details })))
}

describe('WeirError', () => {
  it('shows each place under its line, with tabs kept', () => {
    const sql = 'SELECT a,\r\n\tamuont,\r\n\tb c d\r\nFROM orders'
    const error = withDetails(
      'line 2, column 2, offset 12, length 6: UNKNOWN_COLUMN: no column "amuont" (hint: did you mean "amount"?)',
      'line 4, column 6, offset 34, length 99: UNKNOWN_RELATION: no "orders"\nat all',
    )
    expect(error.diagnostics.map(({ code, message, hint }) => [code, message, hint])).toEqual([
      ['UNKNOWN_COLUMN', 'no column "amuont"', 'did you mean "amount"?'],
      ['UNKNOWN_RELATION', 'no "orders"\nat all', undefined],
    ])
    expect(error.render(sql)).toBe(
      [
        'error[UNKNOWN_COLUMN]: no column "amuont"',
        ' --> line 2, column 2',
        '  |',
        '2 | \tamuont,',
        '  | \t^^^^^^',
        'hint: did you mean "amount"?',
        '',
        'error[UNKNOWN_RELATION]: no "orders"',
        'at all',
        ' --> line 4, column 6',
        '  |',
        '4 | FROM orders',
        '  |      ^^^^^^',
      ].join('\n'),
    )
    expect(error).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_COLUMN',
      resumeToken: 't1',
      retry: false,
    })
  })

  it('makes do with the status when there are no details, or broken ones', () => {
    for (const bytes of [undefined, Buffer.from([255, 1, 2])]) {
      const error = new WeirError(serviceError(status.NOT_FOUND, 'no such thing', bytes))
      expect(error).toMatchObject({
        status: 'NOT_FOUND',
        reason: 'NOT_FOUND',
        message: 'no such thing',
        diagnostics: [],
      })
      expect(error.render('SELECT 1')).toBe('error[NOT_FOUND]: no such thing')
    }
  })

  it('tries again after a break of the connection, but not after a defect', () => {
    expect(new WeirError(serviceError(status.UNAVAILABLE, 'away')).retry).toBe(true)
    expect(new WeirError(serviceError(status.INTERNAL, 'Received RST_STREAM with code 2')).retry).toBe(true)
    const calm = 'Bandwidth exhausted or memory limit exceeded'
    expect(new WeirError(serviceError(status.RESOURCE_EXHAUSTED, calm)).retry).toBe(true)
    expect(new WeirError(serviceError(status.INTERNAL, 'internal error')).retry).toBe(false)
    expect(new WeirError(serviceError(status.RESOURCE_EXHAUSTED, 'Received message larger than max')).retry).toBe(false)
  })
})
