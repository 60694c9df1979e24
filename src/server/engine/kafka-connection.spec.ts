import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { loadConfig, type SettingName } from '../config/config.ts'
import { kafkaConnection } from './kafka-connection.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const connection = (flags: Partial<Record<SettingName, string | boolean>>) =>
  kafkaConnection(loadConfig({ flags: { kafka: 'kafka:9092', ...flags } }))

function refusal(flags: Partial<Record<SettingName, string | boolean>>): string {
  try {
    connection(flags)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.hint, 'it says what to do').toBeTruthy()
    return error.message
  }
  throw new Error('the settings were taken')
}

describe('kafkaConnection', () => {
  it('is plain where nothing is said', () => {
    expect(connection({})).toEqual({ bootstrapBrokers: ['kafka:9092'] })
  })

  it('tells brokers apart by their names, where they have such', () => {
    expect(connection({ kafkaTls: true })).toMatchObject({ tls: {}, tlsServerName: true })
    expect(connection({ kafkaTls: true, kafka: '10.0.0.1:1,kafka:1' })).toMatchObject({ tlsServerName: true })
    expect(connection({ kafkaTls: true, kafka: '10.0.0.1:1' })).toMatchObject({ tlsServerName: false })
  })

  it('does not go without TLS where a file for it is given', () => {
    const path = file('ca', 'x')
    for (const name of ['kafkaCaFile', 'kafkaCertFile', 'kafkaKeyFile'] as const) {
      expect(refusal({ [name]: path })).toMatch(/^--kafka-(ca|cert|key)-file is given, but no TLS$/)
    }
  })

  it('does not go without a login where a secret for it is given', () => {
    expect(refusal({ kafkaSaslUsername: 'alice' })).toBe('--kafka-sasl-username is given, but no mechanism of login')
    const path = file('secret', 'x')
    expect(refusal({ kafkaSaslPasswordFile: path })).toBe(
      '--kafka-sasl-password-file is given, but no mechanism of login',
    )
  })

  it('wants all that belongs together, in files that hold it', () => {
    const garbage = file('garbage', 'no certificate')
    const none = join(directory, 'none')
    expect(refusal({ kafkaTls: true, kafkaCaFile: garbage })).toMatch(/^--kafka-ca-file is not usable: /)
    expect(refusal({ kafkaTls: true, kafkaCaFile: none })).toBe(`--kafka-ca-file can't be read: "${none}"`)
    expect(refusal({ kafkaTls: true, kafkaCertFile: garbage })).toBe('--kafka-key-file is missing')
    expect(refusal({ kafkaTls: true, kafkaKeyFile: garbage })).toBe('--kafka-cert-file is missing')
    expect(refusal({ kafkaTls: true, kafkaCertFile: garbage, kafkaKeyFile: garbage })).toMatch(
      /^--kafka-cert-file is not usable: /,
    )
    const login = { kafkaSaslMechanism: 'PLAIN', kafkaSaslUsername: 'alice' }
    expect(refusal(login)).toBe('--kafka-sasl-password-file is missing')
    expect(refusal({ ...login, kafkaSaslPasswordFile: file('empty', '\n') })).toMatch(
      /^--kafka-sasl-password-file is empty/,
    )
    expect(refusal({ ...login, kafkaSaslUsername: '', kafkaSaslPasswordFile: file('secret', 'x') })).toBe(
      '--kafka-sasl-username is missing',
    )
  })

  it('reads a secret at each login, without the line end of its file', async () => {
    const path = file('secret', 'pass word \r\n')
    const { sasl } = connection({
      kafkaSaslMechanism: 'PLAIN',
      kafkaSaslUsername: 'alice',
      kafkaSaslPasswordFile: path,
    })
    const secret = sasl?.password as () => Promise<string>
    expect(await secret()).toBe('pass word ')
    writeFileSync(path, ' other')
    expect(await secret()).toBe(' other')
  })
})
