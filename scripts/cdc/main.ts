import { Command, InvalidArgumentError } from 'commander'
import { JavaMissingError } from '../maven-jars.ts'
import { runCdc } from './cdc-run.ts'
import { PostgresMissingError } from './postgres-server.ts'

/**
 * `npm run cdc-demo [-- --once] [--json]`: a read model in Weir that follows a PostgreSQL, through Debezium and Kafka. With
 * `--once` it makes its changes and compares; without, it shows the view while it does. Prints
 * `{rows, changes, lost, different, killed}`; fails when the two do not agree.
 */
function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number')
  return value
}

const { once, json, seed, transactions, kills } = new Command('cdc-demo')
  .option('--once', 'do not show the view while changes are made')
  .option('--json', 'one line of JSON, nothing else on the standard output')
  .option('--transactions <n>', 'of the database', wholeNumber, 2_000)
  .option('--kills <n>', 'of Kafka Connect', wholeNumber, 2)
  .option('--seed <n>', 'chooses the changes', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .parse()
  .opts<{ once?: true; json?: true; seed: number; transactions: number; kills: number }>()

process.stderr.write(`seed ${seed}\n`)
try {
  const verdict = await runCdc({
    seed,
    transactions,
    kills,
    onView: once === true || json === true ? undefined : (rows) => console.table(rows),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  if (json === true) console.log(JSON.stringify(verdict))
  else console.table(verdict)
  process.exitCode = verdict.lost + verdict.different === 0 ? 0 : 1
} catch (error) {
  if (!(error instanceof JavaMissingError || error instanceof PostgresMissingError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
