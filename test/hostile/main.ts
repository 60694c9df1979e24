import { Command } from 'commander'
import { runHostile } from './run-hostile.ts'

/**
 * `npm run hostile [-- --json] [--share 0.1]`: hostile clients against a real server. Prints what each attack came to,
 * and `{attacks, crashed, allowed, leaked}` with memory and the wait of another client; fails where one is not 0.
 */
const { json, share } = new Command('hostile')
  .option('--json', 'one object, nothing else on the standard output')
  .option('--share <part>', 'of the attempts of a full run', Number, 1)
  .parse()
  .opts<{ json?: true; share: number }>()

const report = await runHostile(share, (one) => {
  const { attack, attempts, crashed, allowed, leaked, seconds, memoryMib, p95Ms } = one
  const verdict = crashed ? 'CRASHED' : allowed + leaked > 0 ? 'NOT HELD' : 'held'
  const facts = `${attempts} attempts, ${allowed} allowed, ${leaked} leaked, ${seconds.toFixed(1)} s`
  process.stderr.write(`${verdict}  ${attack}: ${facts}, ${memoryMib} MiB, p95 beside ${p95Ms} ms\n`)
})
console.log(json === true ? JSON.stringify(report) : report)
process.exitCode = report.crashed + report.allowed + report.leaked === 0 ? 0 : 1
