import { defineConfig } from 'vitest/config'

/** Specs that need a broker; in a project of their own, so that none is started for a run without them. */
const KAFKA_SPECS = ['test/integration/kafka/**/*.spec.ts', 'test/e2e/kafka/**/*.spec.ts', 'test/faults/**/*.spec.ts']
/** Specs that need tools built by Go, for the same reason. */
const DEPLOY_SPECS = ['test/deploy/**/*.spec.ts']

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
        test: { name: 'kafka', include: KAFKA_SPECS, globalSetup: 'test/harness/kafka/shared-broker.ts' },
      },
      {
        extends: true,
        test: { name: 'deploy', include: DEPLOY_SPECS, globalSetup: 'test/harness/deploy/tools-setup.ts' },
      },
    ],
  },
})
