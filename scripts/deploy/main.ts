// `npm run helm:check`: all that can be checked of deploy/ without a cluster, by the tools that read it. What the tests
// skip where a tool is missing is an error here.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { preparePrometheus, prepareTools, ToolMissingError } from './tools.ts'

const RUN_TESTS = join(import.meta.dirname, '../run-tests.ts')

try {
  const say = (line: string) => console.error(line)
  await prepareTools(say)
  await preparePrometheus(say)
  const { status } = spawnSync(process.execPath, [RUN_TESTS, '--project', 'deploy', ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} catch (error) {
  if (!(error instanceof ToolMissingError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
