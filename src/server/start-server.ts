// Starts the server in this process: what `weir server`, `weir demo`, src/main.ts and the tests share.

import type { INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AppModule } from '../app.module.ts'
import type { ServerConfig } from './config/config.ts'
import { ConsoleServer } from './console/console-server.ts'
import type { OpenRuntime } from './engine/engine.module.ts'
import { GrpcServer } from './grpc/grpc-server.ts'
import { Security } from './security/security.ts'
import { createLogger, type Logger, nestLogger } from './telemetry/logger.ts'
import { MetricsServer } from './telemetry/metrics-server.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { TELEMETRY } from './tokens.ts'

export interface RunningServer extends AsyncDisposable {
  /** `host:port` as bound: with port 0 in the configuration, the port that was free. */
  readonly address: string
  /** Address of the page for Prometheus, where there is one. */
  readonly metrics: string | undefined
  /** URL of the console, where there is one. */
  readonly console: string | undefined
  /** Drains calls, checkpoints and closes. Safe to call twice. */
  close(): Promise<void>
}

export interface StartOptions {
  readonly logger?: Logger
  /** Another engine behind the server. */
  readonly open?: OpenRuntime
}

/** Throws AppError: ADDRESS_IN_USE, DATA_DIRECTORY_IN_USE and the like; then nothing is left running. */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  const logger = options.logger ?? createLogger(config.logLevel)
  const security = new Security(config, logger)
  const module = AppModule.forRoot(config, logger, security, options.open ?? openRuntime)
  const app = await NestFactory.createApplicationContext(module, {
    logger: nestLogger(logger),
    abortOnError: false,
  }).catch((error: unknown) => {
    security[Symbol.dispose]()
    throw error
  })
  let closed: Promise<void> | undefined
  const close = () => (closed ??= closeAll(app, security))
  try {
    const address = await app.get(GrpcServer).listen()
    const metrics = await app.get(MetricsServer).listen()
    const page = await app.get(ConsoleServer).listen()
    logger.info({ address, metrics, console: page, dataDirectory: config.dataDirectory }, 'server started')
    return { address, metrics, console: page, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function closeAll(app: INestApplicationContext, security: Security): Promise<void> {
  // The last commits are measured as well.
  const telemetry = app.get<Telemetry>(TELEMETRY)
  try {
    await app.close()
  } finally {
    await telemetry.close()
    security[Symbol.dispose]()
  }
}

/** Loaded when it is used: an engine that a caller brings needs no native store. */
const openRuntime: OpenRuntime = async (config, logger) => {
  const engine = await import('./engine/open-runtime.ts')
  return engine.openRuntime(config, logger)
}
