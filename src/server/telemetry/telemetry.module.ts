import { type DynamicModule, Module } from '@nestjs/common'
import { LOGGER } from '../tokens.ts'
import type { Logger } from './logger.ts'

@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }],
      exports: [LOGGER],
    }
  }
}
