import { Module } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import { Security } from '../security/security.ts'
import type { Logger } from '../telemetry/logger.ts'
import { RpcTelemetry } from '../telemetry/rpc-telemetry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { CONFIG, LOGGER, TELEMETRY } from '../tokens.ts'
import { CallHost } from './call-host.ts'

@Module({
  providers: [
    {
      provide: CallHost,
      useFactory: (logger: Logger, config: ServerConfig, { gate }: Security, { meter }: Telemetry) =>
        new CallHost(logger, gate, new RpcTelemetry(meter), { stallTimeoutMs: config.subscriberStallTimeoutMs }),
      inject: [LOGGER, CONFIG, Security, TELEMETRY],
    },
  ],
  exports: [CallHost],
})
export class CallsModule {}
