// `npm run gen`: writes everything that is generated and checked in. `--check` writes nothing and fails when one of
// them is stale; which one, each generator says itself.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const generators = readdirSync(import.meta.dirname)
  .filter((name) => /^gen-.*\.ts$/.test(name))
  .sort()

let failed = false
for (const name of generators) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  failed ||= status !== 0
}
if (failed) process.exitCode = 1
