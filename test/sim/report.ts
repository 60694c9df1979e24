import { type SimResult, sqlOf } from './simulator.ts'

/** A seed and all that follows from it, as text. */
export function report(result: SimResult): string {
  const { seed, options, failure, hash } = result
  const { setup, query } = sqlOf(options)
  const { workload, ...rest } = options
  const lines = [
    `SEED=${seed} npm run sim -- --seed ${seed}`,
    setup,
    `${query};`,
    `options ${JSON.stringify(rest)}`,
    `${workload.kind} workload, ${workload.workload.events.length} records`,
    `trace ${hash}: ${result.epochs} epochs, ${result.crashes} crashes, ${result.failures} failures, ${result.rowsOut} records out, ${result.virtualMs} ms`,
    failure === undefined ? 'passed' : `FAILED: ${failure}`,
  ]
  return lines.join('\n')
}
