import { Module } from '@nestjs/common'
import { CatalogController } from '../catalog/catalog.controller.ts'
import { CatalogModule } from '../catalog/catalog.module.ts'
import type { ServerConfig } from '../config/config.ts'
import { HealthController } from '../health/health.controller.ts'
import { HealthModule } from '../health/health.module.ts'
import { HealthService } from '../health/health.service.ts'
import { IngestController } from '../ingest/ingest.controller.ts'
import { IngestModule } from '../ingest/ingest.module.ts'
import { PeersController } from '../peers/peers.controller.ts'
import { PeersModule } from '../peers/peers.module.ts'
import { QueriesController } from '../queries/queries.controller.ts'
import { QueriesModule } from '../queries/queries.module.ts'
import { Security } from '../security/security.ts'
import { SubscriptionsController } from '../subscriptions/subscriptions.controller.ts'
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER } from '../tokens.ts'
import { CallHost } from './call-host.ts'
import { CallsModule } from './calls.module.ts'
import { GrpcServer } from './grpc-server.ts'
import type { GrpcService } from './grpc-service.ts'

const CONTROLLERS = [
  QueriesController,
  SubscriptionsController,
  IngestController,
  CatalogController,
  PeersController,
  HealthController,
]

@Module({
  imports: [CallsModule, QueriesModule, SubscriptionsModule, IngestModule, CatalogModule, PeersModule, HealthModule],
  providers: [
    {
      provide: GrpcServer,
      useFactory: (
        config: ServerConfig,
        logger: Logger,
        security: Security,
        calls: CallHost,
        health: HealthService,
        ...services: GrpcService[]
      ) => new GrpcServer({ config, logger, security, calls, health, services }),
      inject: [CONFIG, LOGGER, Security, CallHost, HealthService, ...CONTROLLERS],
    },
  ],
  exports: [GrpcServer],
})
export class GrpcModule {}
