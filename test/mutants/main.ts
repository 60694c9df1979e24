import { Command } from 'commander'
import { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { MUTANTS } from './mutants.ts'
import { MutantRun, type MutantVerdict } from './run-mutants.ts'

/**
 * `npm run mutants [-- --only TEXT] [--json]`: plants each bug of `mutants.ts` into a copy of the program, and runs the
 * test that has to find it. Prints `{mutant, caughtBy, caught}` for each; fails when one was not caught.
 */
const { only, json } = new Command('mutants')
  .option('--only <text>', 'those alone whose name has this in it', '')
  .option('--json', 'a line of JSON for each mutant, nothing else on the standard output')
  .parse()
  .opts<{ only: string; json?: true }>()

const mutants = MUTANTS.filter(({ name }) => name.includes(only))
const address = process.env['WEIR_TEST_KAFKA']
const cluster = address === undefined ? await KafkaCluster.start({ brokers: 1 }) : undefined
const run = new MutantRun(cluster?.bootstrap ?? (address as string))
const verdicts: MutantVerdict[] = []
try {
  await run.checkWithout(mutants)
  for (const mutant of mutants) {
    const verdict = await run.run(mutant)
    verdicts.push(verdict)
    if (json === true) console.log(JSON.stringify(verdict))
    else console.log(`${verdict.caught ? 'caught' : 'LIVES '}  ${verdict.mutant}\n          ${verdict.caughtBy}`)
  }
} finally {
  run.close()
  await cluster?.close()
}
const caught = verdicts.filter((verdict) => verdict.caught).length
process.stderr.write(`${caught} caught, ${verdicts.length - caught} live\n`)
process.exitCode = caught === verdicts.length ? 0 : 1
