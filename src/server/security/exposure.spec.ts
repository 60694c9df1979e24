// Which servers start where.

import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { loadConfig, type SettingName } from '../config/config.ts'
import { checkExposure, type Guards, isLoopback } from './exposure.ts'

const NONE: Guards = { tls: false, authentication: false }

function refusal(
  listen: string,
  guards: Guards = NONE,
  flags: Partial<Record<SettingName, unknown>> = {},
): AppError | undefined {
  try {
    checkExposure(loadConfig({ flags: { listen, ...flags } }), guards)
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

describe('an address', () => {
  it.each(['127.0.0.1:7878', '127.1.2.3:1', 'localhost:7878', '[::1]:7878', '[::ffff:127.0.0.1]:1'])(
    '%s is of this machine',
    (at) => {
      expect(isLoopback(at)).toBe(true)
      expect(refusal(at)).toBeUndefined()
    },
  )

  it.each([
    '0.0.0.0:7878',
    '[::]:7878',
    '10.0.0.1:7878',
    '127.evil.example:1',
    'localhost.evil.example:1',
    'weir:1',
    '[::1:2]:1',
  ])('%s is not', (at) => {
    expect(isLoopback(at)).toBe(false)
    expect(refusal(at)?.code).toBe('INVALID_ARGUMENT')
  })
})

describe('a server that others reach', () => {
  const at = '0.0.0.0:7878'

  it('starts with TLS and authentication, and with neither only when it is told to', () => {
    expect(refusal(at, { tls: true, authentication: true })).toBeUndefined()
    expect(refusal(at, { tls: true, authentication: false })?.message).toMatch(/there is no authentication$/)
    expect(refusal(at, { tls: false, authentication: true })?.message).toMatch(/there is no TLS$/)
    expect(refusal(at)?.message).toBe('other machines reach 0.0.0.0:7878, and there is no TLS and no authentication')
    expect(refusal(at, NONE, { insecure: true })).toBeUndefined()
  })

  it('says what to do', () => {
    for (const word of ['--tls-cert-file', '--auth-tokens-file', 'weir token create', '127.0.0.1', '--insecure']) {
      expect(refusal(at)?.hint).toContain(word)
    }
  })
})
