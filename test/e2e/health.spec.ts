// `weir health` as probes use it: against the server itself, and against a gRPC server with TLS.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { type HealthOptions, healthCommand } from '../../src/cli/commands/health.ts'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import { printed } from '../../src/cli/testing/printed.ts'
import { loadConfig } from '../../src/server/config/config.ts'
import { HEALTH_SERVICE } from '../../src/server/grpc/protos.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'
import { CertificateAuthority } from '../harness/kafka/certificates.ts'
import { scriptedRuntime } from './scripted-runtime.ts'

function health(server: string, options: Partial<HealthOptions> = {}) {
  return printed((terminal) => healthCommand({ server, service: '', timeoutMs: 10_000, ...options }, terminal))
}

describe('of a server', () => {
  let server: RunningServer | undefined

  afterEach(async () => {
    await server?.close()
  })

  async function serve(ready: boolean): Promise<string> {
    const config = loadConfig({ flags: { listen: '127.0.0.1:0', logLevel: 'silent', shutdownGraceMs: 0 } })
    server = await startServer(config, { open: async () => scriptedRuntime({ ready }) })
    return server.address
  }

  it('that serves is 0, for each of its services', async () => {
    const address = await serve(true)
    for (const service of ['', 'weir.v1.QueryService', 'liveness']) {
      expect(await health(address, { service })).toEqual({ code: EXIT_CODES.ok, out: 'SERVING\n', err: '' })
    }
  })

  it('that still restores is not ready, and lives', async () => {
    const address = await serve(false)
    const notServing = { code: EXIT_CODES.unreachable, out: 'NOT_SERVING\n', err: '' }
    expect(await health(address)).toEqual(notServing)
    expect(await health(address, { service: 'liveness' })).toMatchObject({ code: EXIT_CODES.ok })
  })

  it('without the service is not ready', async () => {
    const unknown = { code: EXIT_CODES.unreachable, out: 'SERVICE_UNKNOWN\n', err: '' }
    expect(await health(await serve(true), { service: 'shop.v1.Orders' })).toEqual(unknown)
  })
})

it('of no server says where there is none', async () => {
  const { code, out, err } = await health('127.0.0.1:1')
  expect({ code, out }).toEqual({ code: EXIT_CODES.unreachable, out: '' })
  expect(err).toContain("error: server at 127.0.0.1:1 can't be asked: connect ECONNREFUSED")
})

it('of what takes the connection and is silent ends in time', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  try {
    const { code, err } = await health(`127.0.0.1:${port}`, { timeoutMs: 50 })
    expect(code).toBe(EXIT_CODES.unreachable)
    expect(err).toContain('did not answer within 50 ms')
  } finally {
    silent.close()
  }
})

describe('with TLS', () => {
  it('shows its certificate to a server that asks for one', async () => {
    using authority = await CertificateAuthority.create()
    const own = await authority.issueForHost('weir-0.weir.example')
    const pem = (path: string) => readFileSync(path)
    const server = new Server()
    server.addService(HEALTH_SERVICE, { Check: (_call: unknown, done: Done) => done(null, { status: 'SERVING' }) })
    const keys = [{ private_key: pem(own.keyPath), cert_chain: pem(own.certificatePath) }]
    const mutual = ServerCredentials.createSsl(pem(authority.certificatePath), keys, true)
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', mutual, (error, bound) => (error === null ? resolve(bound) : reject(error)))
    })
    try {
      const address = `127.0.0.1:${port}`
      const identity = { tlsCertFile: own.certificatePath, tlsKeyFile: own.keyPath }
      expect(await health(address, { tls: true, ...identity })).toMatchObject({ code: EXIT_CODES.ok, err: '' })
      expect(await health(address, { tls: true })).toMatchObject({ code: EXIT_CODES.unreachable, out: '' })
      expect(await health(address)).toMatchObject({ code: EXIT_CODES.unreachable, out: '' })
    } finally {
      server.forceShutdown()
    }
  })

  it('names a certificate that is not there', async () => {
    const { code, err } = await health('127.0.0.1:1', { tls: true, tlsCertFile: '/does/not/exist.pem' })
    expect(code).toBe(EXIT_CODES.usage)
    expect(err).toContain('cannot read "/does/not/exist.pem"')
  })
})

type Done = (error: null, response: { status: string }) => void
