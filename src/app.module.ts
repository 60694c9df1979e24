import { type DynamicModule, Module } from '@nestjs/common'
import { ConfigModule } from './server/config/config.module.ts'
import type { ServerConfig } from './server/config/config.ts'
import { ConsoleModule } from './server/console/console.module.ts'
import { EngineModule, type OpenRuntime } from './server/engine/engine.module.ts'
import { GrpcModule } from './server/grpc/grpc.module.ts'
import { SecurityModule } from './server/security/security.module.ts'
import type { Security } from './server/security/security.ts'
import type { Logger } from './server/telemetry/logger.ts'
import { MetricsModule } from './server/telemetry/metrics.module.ts'
import { TelemetryModule } from './server/telemetry/telemetry.module.ts'

/** The server, by its parts. */
@Module({})
export class AppModule {
  static forRoot(config: ServerConfig, logger: Logger, security: Security, open: OpenRuntime): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TelemetryModule.forRoot(logger, config),
        ConfigModule.forRoot(config),
        SecurityModule.forRoot(security),
        EngineModule.forRoot(open),
        GrpcModule,
        MetricsModule,
        ConsoleModule,
      ],
    }
  }
}
