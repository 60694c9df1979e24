import { Module } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import { Security } from '../security/security.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER } from '../tokens.ts'
import { CallHost } from './call-host.ts'

@Module({
  providers: [
    {
      provide: CallHost,
      useFactory: (logger: Logger, config: ServerConfig, { gate }: Security) =>
        new CallHost(logger, gate, { stallTimeoutMs: config.subscriberStallTimeoutMs }),
      inject: [LOGGER, CONFIG, Security],
    },
  ],
  exports: [CallHost],
})
export class CallsModule {}
