import { Module } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { CallsModule } from '../grpc/calls.module.ts'
import { SloModule } from '../slo/slo.module.ts'
import { CONFIG, RUNTIME } from '../tokens.ts'
import { QueriesController } from './queries.controller.ts'
import { QueriesService } from './queries.service.ts'

@Module({
  imports: [CallsModule, SloModule],
  providers: [
    QueriesController,
    {
      provide: QueriesService,
      useFactory: (runtime: Runtime, config: ServerConfig) => new QueriesService(runtime, config.executeRowsMax),
      inject: [RUNTIME, CONFIG],
    },
  ],
  exports: [QueriesController],
})
export class QueriesModule {}
