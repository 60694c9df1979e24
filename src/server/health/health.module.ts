import { Module } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import { CallsModule } from '../grpc/calls.module.ts'
import { RUNTIME } from '../tokens.ts'
import { HealthController } from './health.controller.ts'
import { HealthService } from './health.service.ts'

@Module({
  imports: [CallsModule],
  providers: [
    HealthController,
    { provide: HealthService, useFactory: (runtime: Runtime) => new HealthService(runtime), inject: [RUNTIME] },
  ],
  exports: [HealthController, HealthService],
})
export class HealthModule {}
