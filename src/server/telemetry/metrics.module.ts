import { Module } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { CONFIG, RUNTIME, TELEMETRY } from '../tokens.ts'
import { MetricsServer } from './metrics-server.ts'
import type { Telemetry } from './telemetry.ts'

@Module({
  providers: [
    {
      provide: MetricsServer,
      useFactory: (telemetry: Telemetry, { metricsListen }: ServerConfig, runtime: Runtime) =>
        new MetricsServer(telemetry, metricsListen, runtime),
      inject: [TELEMETRY, CONFIG, RUNTIME],
    },
  ],
})
export class MetricsModule {}
