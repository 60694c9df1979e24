// The composition root: the one place where the server meets the engine that runs in this process.

import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER, RUNTIME } from '../tokens.ts'

export type OpenRuntime = (config: ServerConfig, logger: Logger) => Promise<Runtime>

@Module({})
export class EngineModule implements OnApplicationShutdown {
  readonly #runtime: Runtime

  constructor(@Inject(RUNTIME) runtime: Runtime) {
    this.#runtime = runtime
  }

  static forRoot(open: OpenRuntime): DynamicModule {
    return {
      module: EngineModule,
      global: true,
      providers: [{ provide: RUNTIME, useFactory: open, inject: [CONFIG, LOGGER] }],
      exports: [RUNTIME],
    }
  }

  /** After the calls have drained (GrpcServer, one hook earlier). */
  async onApplicationShutdown(): Promise<void> {
    await this.#runtime.close()
  }
}
