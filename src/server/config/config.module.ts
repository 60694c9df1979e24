import { type DynamicModule, Module } from '@nestjs/common'
import { CONFIG } from '../tokens.ts'
import type { ServerConfig } from './config.ts'

@Module({})
export class ConfigModule {
  static forRoot(config: ServerConfig): DynamicModule {
    return { module: ConfigModule, global: true, providers: [{ provide: CONFIG, useValue: config }], exports: [CONFIG] }
  }
}
