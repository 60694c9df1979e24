// Builds the tools that the specs of deploy/ need. Vitest calls this once, and only when such a spec is in the run.

import type { TestProject } from 'vitest/node'
import {
  type DeployTools,
  type PrometheusTools,
  preparePrometheus,
  prepareTools,
  ToolMissingError,
} from '../../../scripts/deploy/tools.ts'

/** Where they are, or why they are not. */
export type Prepared<T> = { readonly tool: T } | { readonly missing: string }

declare module 'vitest' {
  interface ProvidedContext {
    readonly deployTools: Prepared<DeployTools>
    readonly prometheusTools: Prepared<PrometheusTools>
  }
}

export async function setup(project: TestProject): Promise<void> {
  project.provide('deployTools', await prepared(prepareTools))
  project.provide('prometheusTools', await prepared(preparePrometheus))
}

async function prepared<T>(prepare: (onProgress: (line: string) => void) => Promise<T>): Promise<Prepared<T>> {
  try {
    return { tool: await prepare((line) => console.error(line)) }
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error
    // Where nobody reads what was skipped, Go that is there has to build them.
    if (error.cause !== undefined && process.env['CI'] === 'true') throw error
    console.error(`Tests of deploy/ are skipped: ${error.message}`)
    return { missing: error.message }
  }
}
