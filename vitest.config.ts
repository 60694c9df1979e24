import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['grammar/**/*.spec.ts', 'src/**/*.spec.ts', 'test/**/*.spec.ts', 'clients/typescript/**/*.spec.ts'],
    // lmdb is a native add-on that is known to misbehave when worker threads end (lmdb-js#48): processes, not threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
})
