import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER, RUNTIME } from '../tokens.ts'
import { SloService } from './slo.service.ts'

@Module({
  providers: [
    {
      provide: SloService,
      useFactory: (runtime: Runtime, config: ServerConfig, logger: Logger) =>
        new SloService({ runtime, config, logger, nowMs: Date.now }),
      inject: [RUNTIME, CONFIG, LOGGER],
    },
  ],
  exports: [SloService],
})
export class SloModule implements OnApplicationShutdown {
  readonly #slo: SloService

  constructor(@Inject(SloService) slo: SloService) {
    this.#slo = slo
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#slo.close()
  }
}
