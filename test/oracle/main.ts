import { Command, InvalidArgumentError, Option } from 'commander'
import { FLINK_VERSION, FlinkRunner, prepareFlink } from '../../scripts/flink/flink-runner.ts'
import { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { JavaMissingError } from '../../scripts/maven-jars.ts'
import { CASES } from './flink/cases.ts'
import { compareWithFlink } from './flink/compare-flink.ts'

/**
 * `npm run oracle -- --against flink [--seed N] [--seeds K] [--only TEXT] [--json]`: queries over random streams and
 * tables in Weir, and as EXPLAIN FLINK exports them in a real Flink, over the same topics of a real Kafka. Prints what
 * differs, and `{cases, same, different, failed}`; fails when something differs that is not on purpose.
 */
function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number')
  return value
}

const { json, seed, seeds, only } = new Command('oracle')
  .addOption(new Option('--against <system>', 'whose results').choices(['flink']).makeOptionMandatory())
  .option('--seed <n>', 'chooses the rows', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .option('--seeds <n>', 'so many, one after the other', wholeNumber, 3)
  .option('--only <text>', 'cases with this in their name', '')
  .option('--json', 'one line of JSON, nothing else on the standard output')
  .parse()
  .opts<{ json?: true; seed: number; seeds: number; only: string }>()

const progress = (line: string) => process.stderr.write(`${line}\n`)

async function run(): Promise<void> {
  const program = await prepareFlink(progress)
  await using cluster = await KafkaCluster.start({ onProgress: progress })
  progress(`starting Flink ${FLINK_VERSION}; seeds ${seed} to ${seed + seeds - 1}`)
  await using flink = await FlinkRunner.start(program)
  const count = { cases: 0, same: 0, different: 0, onPurpose: 0, failed: 0 }
  const differences: { case: string; seed: number; reason: string }[] = []
  const comparisons = compareWithFlink({
    kafka: { bootstrap: cluster.bootstrap, prefix: 'oracle' },
    ownBroker: true,
    flink,
    cases: CASES.filter(({ name }) => name.includes(only)),
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
  })
  for await (const { name, seed: of, verdict, rows, detail } of comparisons) {
    count.cases++
    if (verdict === 'same') count.same++
    else if (verdict === 'different') count.different++
    else if (verdict === 'failed') count.failed++
    else count.onPurpose++
    if (verdict === 'differs on purpose') differences.push({ case: name, seed: of, reason: detail })
    progress(`${verdict}: ${name}, seed ${of}, ${rows} rows${detail === '' ? '' : `\n  ${detail}`}`)
  }
  const verdict = { ...count, flink: FLINK_VERSION, differences }
  if (json === true) console.log(JSON.stringify(verdict))
  else console.table(count)
  process.exitCode = count.different + count.failed === 0 ? 0 : 1
}

try {
  await run()
} catch (error) {
  if (!(error instanceof JavaMissingError)) throw error
  progress(error.message)
  process.exitCode = 2
}
