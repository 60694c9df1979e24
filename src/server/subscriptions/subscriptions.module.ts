import { Module } from '@nestjs/common'
import { CallsModule } from '../grpc/calls.module.ts'
import { SubscriptionsController } from './subscriptions.controller.ts'

@Module({ imports: [CallsModule], providers: [SubscriptionsController], exports: [SubscriptionsController] })
export class SubscriptionsModule {}
