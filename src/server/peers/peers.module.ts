import { Module } from '@nestjs/common'
import { CallsModule } from '../grpc/calls.module.ts'
import { PeersController } from './peers.controller.ts'

@Module({ imports: [CallsModule], providers: [PeersController], exports: [PeersController] })
export class PeersModule {}
