// The environment that a statement begins with.

import type { Catalog } from '../catalog.ts'
import type { Diagnostics } from '../diagnostics.ts'
import type { StartupSpec } from '../physical/nodes.ts'
import type { Environment, Parameters } from './environment.ts'
import { type SessionOptions, sessionOptions } from './session.ts'

export interface EnvironmentOptions {
  readonly catalog: Catalog
  readonly diagnostics: Diagnostics
  readonly session?: SessionOptions
  readonly parameters?: Parameters
  readonly bounded?: boolean
  readonly startup?: StartupSpec
}

export function newEnvironment(options: EnvironmentOptions): Environment {
  return {
    catalog: options.catalog,
    diagnostics: options.diagnostics,
    session: options.session ?? sessionOptions(),
    parameters: options.parameters,
    bounded: options.bounded ?? false,
    startup: options.startup ?? { kind: 'earliest' },
    lateStreams: [],
    reads: new Set(),
    commonTables: new Map(),
    expanding: [],
    spans: new WeakMap(),
    found: { nondeterministic: undefined },
  }
}
