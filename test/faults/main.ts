import { Command, InvalidArgumentError, Option } from 'commander'
import { buildServer, removeBuild } from '../e2e/server-process.ts'
import { buildEarlier } from './earlier-build.ts'
import { startBrokers } from './fault-brokers.ts'
import { FAULTS, REPLICA_FAULTS, type ReplicaFault, runFault } from './replica-faults.ts'
import { keep, writeReport } from './report.ts'

/**
 * `npm run faults -- --fault NAME --runs N [--seed S] [--replicas N] [--threads N] [--standby N] [--json] [--keep]`: N
 * strikes against replicas that count events, or their brokers or input, over a real broker. Prints `{fault, runs, events, lost, doubled, recoveryMsP95}`; fails when
 * an event was lost or doubled. `--report` strikes nobody, and writes the page of what was kept.
 */
function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number')
  return value
}

const options = new Command('faults')
  .addOption(new Option('--fault <name>', 'what happens').choices(FAULTS).default('kill'))
  .option('--runs <n>', 'how often', wholeNumber, 10)
  .option('--seed <n>', 'chooses the moments and the replicas', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .option('--replicas <n>', 'server processes', wholeNumber, 2)
  .option('--threads <n>', 'of each, that run queries; 0 is one a core', wholeNumber, 0)
  .option('--standby <n>', 'copies of the state of each task', wholeNumber, 0)
  .option('--keep', 'keep the verdict, for the report')
  .option('--report', 'write docs/faults.md from the verdicts that were kept, and nothing else')
  .option('--json', 'one line of JSON, nothing else on the standard output')
  .parse()
  .opts<{
    fault: ReplicaFault
    runs: number
    seed: number
    replicas: number
    threads: number
    standby: number
    json?: true
    keep?: true
    report?: true
  }>()

const { fault, runs, seed, json, replicas, threads, standby } = options
if (options.report === true) {
  writeReport()
  process.exit()
}
process.stderr.write(`fault ${fault}, seed ${seed}\n`)
const takesAny = fault === 'disk' || fault === 'upgrade' || REPLICA_FAULTS.some((one) => one === fault)
const address = takesAny ? process.env['WEIR_TEST_KAFKA'] : undefined
const own = address === undefined ? await startBrokers(fault) : undefined
buildServer()
const earlier = fault === 'upgrade' ? buildEarlier() : undefined
try {
  const { events, lost, doubled, recoveryMs } = await runFault({
    bootstrap: own?.bootstrap ?? (address as string),
    cluster: own?.cluster,
    cable: own?.cable,
    earlier,
    prefix: `faults-${seed.toString(36)}-${process.pid}`,
    fault,
    seed,
    strikes: runs,
    replicas,
    flags: ['--threads', String(threads), '--standby-replicas', String(standby)],
    log: (line) => process.stderr.write(`${line}\n`),
  })
  const sorted = recoveryMs.toSorted((a, b) => a - b)
  const recoveryMsP95 = sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)] ?? 0
  const verdict = { fault, runs, seed, events, lost, doubled, recoveryMsP95 }
  if (options.keep === true) keep(verdict)
  if (json === true) console.log(JSON.stringify(verdict))
  else console.table(verdict)
  process.exitCode = lost + doubled === 0 ? 0 : 1
} finally {
  removeBuild()
  earlier?.[Symbol.dispose]()
  await own?.close()
}
