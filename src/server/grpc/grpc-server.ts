// The gRPC server: a plain grpc-js Server that Nest owns. Nest's own gRPC transport keeps what a slow reader does not
// take in an array without bound; here a handler writes to the call itself and waits (grpc-writer.ts).

import { Server, ServerCredentials, setLogger } from '@grpc/grpc-js'
import { ReflectionService } from '@grpc/reflection'
import type { BeforeApplicationShutdown } from '@nestjs/common'
import { AppError } from '../../core/errors.ts'
import type { ServerConfig } from '../config/config.ts'
import type { HealthService } from '../health/health.service.ts'
import type { Security } from '../security/security.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { CallHost } from './call-host.ts'
import type { GrpcService } from './grpc-service.ts'
import { PROTOS } from './protos.ts'
import { measured } from './request-size.ts'

export interface GrpcServerParts {
  readonly config: ServerConfig
  readonly logger: Logger
  readonly security: Security
  readonly calls: CallHost
  readonly health: HealthService
  readonly services: readonly GrpcService[]
}

/** Time for the reasons of ended calls to reach their callers before connections are cut. */
const FLUSH_MS = 1_000

export class GrpcServer implements BeforeApplicationShutdown {
  readonly #parts: GrpcServerParts
  readonly #server: Server
  #listening = false

  constructor(parts: GrpcServerParts) {
    this.#parts = parts
    setLogger(quietConsole(parts.logger))
    this.#server = new Server({ ...optionsOf(parts.config), interceptors: [parts.security.gate.interceptor] })
    for (const { definition, implementation } of parts.services)
      this.#server.addService(measured(definition), implementation)
    if (parts.config.reflection) new ReflectionService(PROTOS).addToServer(this.#server)
  }

  /** Resolves to `host:port` as bound. Throws ADDRESS_IN_USE. */
  async listen(): Promise<string> {
    const { security, config } = this.#parts
    const { listen } = config
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(listen, security.tls ?? ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound)
        else reject(bindError(listen, error))
      })
    })
    this.#listening = true
    return `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`
  }

  /** The same methods behind the same gate, in plain text, for who may open this socket. */
  async listenAt(socket: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      )
    })
  }

  /**
   * In this order: say that we go (health), refuse new calls, let running ones end, end the rest with a reason, and
   * only then cut connections. The runtime closes one hook later.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const { health, calls, config } = this.#parts
    health.drain()
    if (!this.#listening) return
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()))
    const force = setTimeout(() => this.#server.forceShutdown(), config.shutdownForceMs)
    await calls.drain(config.shutdownGraceMs)
    const flush = setTimeout(() => this.#server.forceShutdown(), FLUSH_MS)
    await closed
    clearTimeout(force)
    clearTimeout(flush)
  }
}

/** grpc-js prints to the console what it also throws; one line for one fault is enough. */
function quietConsole(logger: Logger): Partial<Console> {
  const debug = (...parts: unknown[]) => logger.debug({ component: 'grpc-js' }, parts.map(String).join(' '))
  return { error: debug, info: debug, debug }
}

function optionsOf(config: ServerConfig): Record<string, number> {
  return {
    'grpc.max_receive_message_length': config.messageReceiveBytesMax,
    'grpc.max_concurrent_streams': config.streamsPerConnectionMax,
    'grpc-node.max_session_memory': config.sessionMemoryMaxMib,
    'grpc.keepalive_time_ms': config.keepaliveMs,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  }
}

/** gRPC's default. */
const KEEPALIVE_TIMEOUT_MS = 20_000

function bindError(listen: string, error: Error): AppError {
  if (/EADDRINUSE/.test(error.message)) {
    return new AppError('ADDRESS_IN_USE', `address ${listen} is in use`, {
      hint: 'stop the other server, or choose another address with --listen (WEIR_LISTEN)',
    })
  }
  return new AppError('INVALID_ARGUMENT', `can't listen at ${listen}: ${error.message}`, {
    hint: 'choose an address of this machine with --listen (WEIR_LISTEN)',
  })
}
