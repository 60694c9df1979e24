import { Module } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import { Security } from '../security/security.ts'
import type { Logger } from '../telemetry/logger.ts'
import { RpcTelemetry } from '../telemetry/rpc-telemetry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { CONFIG, LOGGER, TELEMETRY } from '../tokens.ts'
import { CallHost } from './call-host.ts'
import { Quotas } from './quotas.ts'

@Module({
  providers: [
    { provide: Quotas, useFactory: (config: ServerConfig) => new Quotas(config), inject: [CONFIG] },
    {
      provide: CallHost,
      useFactory: (logger: Logger, config: ServerConfig, { gate }: Security, quotas: Quotas, { meter }: Telemetry) => {
        const limits = { stallTimeoutMs: config.subscriberStallTimeoutMs }
        return new CallHost(logger, gate, quotas, new RpcTelemetry(meter), limits)
      },
      inject: [LOGGER, CONFIG, Security, Quotas, TELEMETRY],
    },
  ],
  exports: [CallHost, Quotas],
})
export class CallsModule {}
