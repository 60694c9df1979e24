import { type DynamicModule, Module } from '@nestjs/common'
import { LOGGER, TELEMETRY } from '../tokens.ts'
import type { Logger } from './logger.ts'
import { Telemetry, type TelemetryConfig } from './telemetry.ts'

@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger, config: TelemetryConfig): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [
        { provide: LOGGER, useValue: logger },
        { provide: TELEMETRY, useFactory: () => new Telemetry(config) },
      ],
      exports: [LOGGER, TELEMETRY],
    }
  }
}
