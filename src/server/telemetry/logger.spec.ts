import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { faultOf } from './logger.ts'

describe('faultOf', () => {
  it('says where a defect happened, and nothing that a user wrote', () => {
    const secret = 'canary-5c1f'
    const defect = new TypeError(`bad literal ${secret}\n    in ${secret}`)
    for (const error of [defect, new AppError('INTERNAL', secret, { cause: defect })]) {
      const fault = faultOf(error)
      expect(fault.code).toBe('INTERNAL')
      expect(fault.stack).toContain('logger.spec.ts')
      expect(JSON.stringify(fault)).not.toContain(secret)
    }
    expect(faultOf(new AppError('NOT_FOUND', `stream "${secret}" does not exist`))).toEqual({ code: 'NOT_FOUND' })
  })
})
