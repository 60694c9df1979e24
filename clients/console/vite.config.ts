import { join } from 'node:path'
import { defineConfig } from 'vite'

/** The console, into a folder beside the compiled server, which serves it. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  logLevel: 'warn',
  build: {
    outDir: join(import.meta.dirname, '../../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the policy of the page allows none.
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 800,
  },
})
