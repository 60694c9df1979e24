// `npm test`: runs vitest with the arguments given and ends with one line that is easy to find and to read by a
// program: `N passed, N failed` and `, N skipped` when there are any. Exits with vitest's own verdict.

import { runVitest } from './run-vitest.ts'

const { code, counts } = await runVitest(process.argv.slice(2), { reporter: 'default', stdout: 'inherit' })
if (counts !== undefined) {
  const { passed, failed, skipped } = counts
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
}
process.exitCode = code
