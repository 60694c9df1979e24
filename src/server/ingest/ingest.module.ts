import { Module } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { CallsModule } from '../grpc/calls.module.ts'
import { CONFIG, RUNTIME } from '../tokens.ts'
import { IngestController } from './ingest.controller.ts'
import { IngestService } from './ingest.service.ts'

@Module({
  imports: [CallsModule],
  providers: [
    IngestController,
    {
      provide: IngestService,
      useFactory: (runtime: Runtime, config: ServerConfig) => new IngestService(runtime, config.ingestRecordsMax),
      inject: [RUNTIME, CONFIG],
    },
  ],
  exports: [IngestController],
})
export class IngestModule {}
