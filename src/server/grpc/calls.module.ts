import { Module } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER } from '../tokens.ts'
import { CallHost } from './call-host.ts'

@Module({
  providers: [
    {
      provide: CallHost,
      useFactory: (logger: Logger, config: ServerConfig) =>
        new CallHost(logger, { stallTimeoutMs: config.subscriberStallTimeoutMs }),
      inject: [LOGGER, CONFIG],
    },
  ],
  exports: [CallHost],
})
export class CallsModule {}
