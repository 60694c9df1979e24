import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { environmentName, flagName, loadConfig, SETTING_NAMES, unknownVariables } from './config.ts'

function faultOf(load: () => unknown): AppError {
  try {
    load()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('expected an AppError')
}

describe('loadConfig', () => {
  it('serves on the loopback address when nothing is set', () => {
    const config = loadConfig()
    expect(config.listen).toBe('127.0.0.1:7878')
    expect(config.dataDirectory).toBe('./.weir/data')
    expect(config.messageReceiveBytesMax).toBe(4 * 1024 * 1024)
  })

  it('takes a flag over a variable over the default', () => {
    const environment = { WEIR_LISTEN: '0.0.0.0:1', WEIR_LOG_LEVEL: 'warn', WEIR_REFLECTION: 'false' }
    const config = loadConfig({ environment, flags: { listen: '[::]:2' } })
    expect(config).toMatchObject({ listen: '[::]:2', logLevel: 'warn', reflection: false })
  })

  it('names every fault at once, each by where it was set', () => {
    const environment = { WEIR_HEARTBEAT_MS: 'soon', WEIR_LISTEN: 'nowhere' }
    const fault = faultOf(() => loadConfig({ environment, flags: { logLevel: 'loud' } }))
    expect(fault.code).toBe('INVALID_ARGUMENT')
    expect(fault.message).toContain('WEIR_HEARTBEAT_MS: ')
    expect(fault.message).toContain('WEIR_LISTEN: must be host:port')
    expect(fault.message).toContain('--log-level: ')
    expect(fault.hint).toContain('weir server --help')
  })

  it('takes the address of a schema registry without secrets, and its password by reference alone', () => {
    const url = 'http://one:8081,https://two/path'
    const password = `\${env:REGISTRY_PASSWORD}`
    const flags = { schemaRegistryUrl: url, schemaRegistryUser: 'ann', schemaRegistryPassword: password }
    expect(loadConfig({ flags })).toMatchObject(flags)
    const fault = faultOf(() =>
      loadConfig({ flags: { schemaRegistryUrl: 'http://ann:canary@one', schemaRegistryPassword: 'canary' } }),
    )
    expect(fault.message).toContain('--schema-registry-url: must be http://host:port, without user and password')
    expect(fault.message).toContain('--schema-registry-password: must be a reference to a secret')
    expect(fault.message).not.toContain('canary')
  })

  it('holds each number to its limits', () => {
    expect(loadConfig({ flags: { listen: 'localhost:65535', heartbeatMs: '10' } }).heartbeatMs).toBe(10)
    expect(faultOf(() => loadConfig({ flags: { heartbeatMs: '9' } })).message).toContain('--heartbeat-ms')
    expect(faultOf(() => loadConfig({ flags: { listen: 'localhost:65536' } })).message).toContain('at most 65535')
    expect(faultOf(() => loadConfig({ flags: { queriesRunningMax: 1.5 } })).message).toContain('--queries-running-max')
  })

  it('treats an empty variable as absent', () => {
    expect(loadConfig({ environment: { WEIR_LISTEN: '' } }).listen).toBe('127.0.0.1:7878')
  })

  it('puts the unit last in the name of every duration and size', () => {
    for (const name of SETTING_NAMES) {
      if (/heartbeat|Timeout|Grace|Force|keepalive/.test(name)) expect(name).toMatch(/Ms$/)
      if (/Bytes|Memory/.test(name)) expect(name).toMatch(/Bytes|Mib$/)
    }
    expect(environmentName('subscriberStallTimeoutMs')).toBe('WEIR_SUBSCRIBER_STALL_TIMEOUT_MS')
    expect(flagName('subscriberStallTimeoutMs')).toBe('subscriber-stall-timeout-ms')
  })

  it('finds misspelt variables, but not those that Kubernetes sets for a service called weir', () => {
    const environment = {
      WEIR_DATA_DIR: '/x',
      WEIR_PORT: 'tcp://10.0.0.1:7878',
      WEIR_SERVICE_HOST: '10.0.0.1',
      HOME: '/',
    }
    expect(unknownVariables(environment)).toEqual(['WEIR_DATA_DIR'])
  })
})
