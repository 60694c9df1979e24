import { type DynamicModule, Module } from '@nestjs/common'
import { Security } from './security.ts'

@Module({})
export class SecurityModule {
  static forRoot(security: Security): DynamicModule {
    return {
      module: SecurityModule,
      global: true,
      providers: [{ provide: Security, useValue: security }],
      exports: [Security],
    }
  }
}
