import { Module } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import { Security } from '../security/security.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER } from '../tokens.ts'
import { CallHost } from './call-host.ts'
import { Quotas } from './quotas.ts'

@Module({
  providers: [
    { provide: Quotas, useFactory: (config: ServerConfig) => new Quotas(config), inject: [CONFIG] },
    {
      provide: CallHost,
      useFactory: (logger: Logger, config: ServerConfig, { gate }: Security, quotas: Quotas) =>
        new CallHost(logger, gate, quotas, { stallTimeoutMs: config.subscriberStallTimeoutMs }),
      inject: [LOGGER, CONFIG, Security, Quotas],
    },
  ],
  exports: [CallHost, Quotas],
})
export class CallsModule {}
