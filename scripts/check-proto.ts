// `npm run proto`: lints the protocol, and fails on what would break a client that was built before the change. What
// clients rely on is proto/baseline.binpb; `-- --accept` makes the protocol as it is now the baseline. Nothing is
// released yet, so that breaking is allowed, but never by accident; after a release only additions are accepted.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const BASELINE = 'proto/baseline.binpb'

function buf(...args: readonly string[]): boolean {
  const { status, error } = spawnSync(join(root, 'node_modules/.bin/buf'), args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) throw error
  return status === 0
}

if (process.argv.includes('--accept')) {
  if (!buf('lint') || !buf('build', '--exclude-source-info', '-o', BASELINE)) process.exitCode = 1
} else {
  const lints = buf('lint')
  const compatible = buf('breaking', '--against', BASELINE)
  if (!compatible) {
    console.error(`this breaks clients; if it is meant, \`npm run proto -- --accept\` and say so in CHANGELOG.md`)
  }
  if (!lints || !compatible) process.exitCode = 1
}
