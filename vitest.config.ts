import { defineConfig } from 'vitest/config'

/** Specs that need a broker; in a project of their own, so that none is started for a run without them. */
const KAFKA_SPECS = ['test/integration/kafka/**/*.spec.ts', 'test/e2e/kafka/**/*.spec.ts', 'test/faults/**/*.spec.ts']
/** Specs that need tools built by Go, for the same reason. */
const DEPLOY_SPECS = ['test/deploy/**/*.spec.ts']

/**
 * Real brokers, databases and browsers on a machine that does other work too: in CI a test that has run out of its time is
 * run once more, and the report says so. What is wrong about rows is never tried again, nor is anything outside of CI.
 */
const OUT_OF_TIME = /timed out in|Timeout \d+ms exceeded/
const PATIENCE = process.env['CI'] === 'true' ? { retry: { count: 1, condition: OUT_OF_TIME } } : {}

export default defineConfig({
  test: {
    // lmdb is a native add-on that is known to misbehave when worker threads end (lmdb-js#48): processes, not threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    // A server that starts in a second has taken more than ten on a busy machine.
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'weir',
          include: ['grammar/**/*.spec.ts', 'src/**/*.spec.ts', 'test/**/*.spec.ts', 'clients/typescript/**/*.spec.ts'],
          exclude: ['**/node_modules/**', ...KAFKA_SPECS, ...DEPLOY_SPECS],
        },
      },
      {
        extends: true,
        test: { ...PATIENCE, name: 'kafka', include: KAFKA_SPECS, globalSetup: 'test/harness/kafka/shared-broker.ts' },
      },
      {
        extends: true,
        test: { ...PATIENCE, name: 'deploy', include: DEPLOY_SPECS, globalSetup: 'test/harness/deploy/tools-setup.ts' },
      },
    ],
  },
})
