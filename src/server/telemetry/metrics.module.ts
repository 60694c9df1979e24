import { Module } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { SloModule } from '../slo/slo.module.ts'
import { SloService } from '../slo/slo.service.ts'
import { CONFIG, RUNTIME, TELEMETRY } from '../tokens.ts'
import { MetricsServer } from './metrics-server.ts'
import type { Telemetry } from './telemetry.ts'

@Module({
  imports: [SloModule],
  providers: [
    {
      provide: MetricsServer,
      useFactory: (telemetry: Telemetry, { metricsListen: listen }: ServerConfig, runtime: Runtime, slo: SloService) =>
        new MetricsServer({ telemetry, listen, runtime, slo }),
      inject: [TELEMETRY, CONFIG, RUNTIME, SloService],
    },
  ],
})
export class MetricsModule {}
