import { Module } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import { GrpcModule } from '../grpc/grpc.module.ts'
import { GrpcServer } from '../grpc/grpc-server.ts'
import type { Logger } from '../telemetry/logger.ts'
import { CONFIG, LOGGER } from '../tokens.ts'
import { ConsoleServer } from './console-server.ts'

@Module({
  imports: [GrpcModule],
  providers: [
    {
      provide: ConsoleServer,
      useFactory: (config: ServerConfig, logger: Logger, grpc: GrpcServer) =>
        new ConsoleServer({ config, logger, grpc }),
      inject: [CONFIG, LOGGER, GrpcServer],
    },
  ],
})
export class ConsoleModule {}
