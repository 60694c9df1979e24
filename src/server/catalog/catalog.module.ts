import { Module } from '@nestjs/common'
import { CallsModule } from '../grpc/calls.module.ts'
import { CatalogController } from './catalog.controller.ts'

@Module({ imports: [CallsModule], providers: [CatalogController], exports: [CatalogController] })
export class CatalogModule {}
