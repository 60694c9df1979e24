import { type Metadata, status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { errorAt, warningAt } from '../../../grammar/diagnostic.ts'
import { spanAt } from '../../../grammar/span.ts'
import { AppError, type ErrorCode } from '../../core/errors.ts'
import { BAD_REQUEST_MESSAGE, ERROR_INFO_MESSAGE, STATUS_MESSAGE } from '../grpc/protos.ts'
import { CallError } from './call-error.ts'
import { DETAILS_BYTES_MAX, toServiceError, VIOLATIONS_MAX } from './status.ts'

function detailsOf(metadata: Metadata) {
  const [bytes] = metadata.get('grpc-status-details-bin') as Buffer[]
  const encoded = bytes ?? Buffer.alloc(0)
  const { code, details } = STATUS_MESSAGE.deserialize(encoded)
  const byType = new Map(details.map((any) => [any.type_url, any.value as Buffer]))
  const violations = byType.get('type.googleapis.com/google.rpc.BadRequest')
  return {
    bytes: encoded.length,
    code,
    types: [...byType.keys()],
    info: ERROR_INFO_MESSAGE.deserialize(byType.get('type.googleapis.com/google.rpc.ErrorInfo') ?? Buffer.alloc(0)),
    violations: violations === undefined ? [] : BAD_REQUEST_MESSAGE.deserialize(violations).fieldViolations,
  }
}

const SQL = 'SELECT a,\n  amuont FROM orders'

function unknownColumn(hint = 'did you mean "amount"?') {
  return errorAt(spanAt(SQL, 12, 18), 'UNKNOWN_COLUMN', 'stream "orders" has no column "amuont"', { hint })
}

describe('toServiceError', () => {
  it.each<[ErrorCode, status]>([
    ['INVALID_SQL', status.INVALID_ARGUMENT],
    ['NOT_FOUND', status.NOT_FOUND],
    ['ALREADY_EXISTS', status.ALREADY_EXISTS],
    ['FAILED_PRECONDITION', status.FAILED_PRECONDITION],
    ['UNAUTHENTICATED', status.UNAUTHENTICATED],
    ['PERMISSION_DENIED', status.PERMISSION_DENIED],
    ['RESOURCE_EXHAUSTED', status.RESOURCE_EXHAUSTED],
    ['POSITION_EXPIRED', status.OUT_OF_RANGE],
    ['NOT_SUPPORTED', status.UNIMPLEMENTED],
    ['UNAVAILABLE', status.UNAVAILABLE],
    ['CANCELLED', status.CANCELLED],
    ['INTERNAL', status.INTERNAL],
  ])('gives %s its status, and its code as the reason', (code, expected) => {
    const error = toServiceError(new AppError(code, 'what happened', { hint: 'what to do' }))
    expect(error.code).toBe(expected)
    expect(error.details).toBe('what happened')
    const { info, code: inDetails } = detailsOf(error.metadata)
    expect(inDetails).toBe(expected)
    expect(info).toMatchObject({ reason: code, domain: 'weir', metadata: { hint: 'what to do', retry: 'false' } })
    expect(info.reason).toMatch(/^[A-Z0-9_]{1,63}$/)
  })

  it('names the place of the first error, and every place in the violations', () => {
    const warning = warningAt(spanAt(SQL, 0, 6), 'NO_LIMIT', 'no limit')
    const error = toServiceError(new AppError('INVALID_SQL', 'one error', { diagnostics: [warning, unknownColumn()] }))
    expect(error.details).toBe('line 2, column 3: stream "orders" has no column "amuont"')
    const { info, violations, types } = detailsOf(error.metadata)
    expect(info.reason).toBe('UNKNOWN_COLUMN')
    expect(info.metadata).toMatchObject({
      line: '2',
      column: '3',
      offset: '12',
      length: '6',
      hint: 'did you mean "amount"?',
    })
    expect(violations.map(({ field }) => field)).toEqual(['sql', 'sql'])
    expect(violations[0]?.description).toBe(
      'line 2, column 3, offset 12, length 6: UNKNOWN_COLUMN: stream "orders" has no column "amuont" (hint: did you mean "amount"?)',
    )
    expect(new Set(types).size).toBe(types.length)
  })

  it.each([VIOLATIONS_MAX, VIOLATIONS_MAX + 1, 500])('sends at most its limit of %i diagnostics', (count) => {
    const diagnostics = Array.from({ length: count }, () => unknownColumn('x'))
    const { violations, info, bytes } = detailsOf(
      toServiceError(new AppError('INVALID_SQL', '', { diagnostics })).metadata,
    )
    expect(violations.length).toBe(VIOLATIONS_MAX)
    expect(info.metadata['diagnostics']).toBe(String(count))
    expect(bytes).toBeLessThanOrEqual(DETAILS_BYTES_MAX)
  })

  it('keeps the details small whatever the messages are, and never cuts the resume token', () => {
    const diagnostics = Array.from({ length: 20 }, () => unknownColumn('y'.repeat(10_000)))
    const token = 't'.repeat(2_000)
    const error = new CallError(new AppError('INVALID_SQL', 'z'.repeat(10_000), { diagnostics }), {
      resume_token: token,
    })
    const { bytes, info } = detailsOf(toServiceError(error).metadata)
    expect(bytes).toBeLessThanOrEqual(DETAILS_BYTES_MAX)
    expect(info.metadata['resume_token']).toBe(token)
  })

  it('tells nothing of a defect', () => {
    const error = toServiceError(new TypeError('secret is 42'))
    expect(error.code).toBe(status.INTERNAL)
    expect(JSON.stringify([error.details, detailsOf(error.metadata)])).not.toContain('secret')
  })
})
