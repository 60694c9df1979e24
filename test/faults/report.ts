import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** One call of `npm run faults`. */
export interface FaultVerdict {
  readonly fault: string
  readonly runs: number
  readonly seed: number
  readonly events: number
  readonly lost: number
  readonly doubled: number
  readonly recoveryMsP95: number
}

type Kept = FaultVerdict & { readonly date: string; readonly machine: string }

const RESULTS = new URL('./results.ndjson', import.meta.url)
const PAGE = new URL('../../docs/faults.md', import.meta.url)

/** Appends a verdict to those that are kept in git. */
export function keep(verdict: FaultVerdict): void {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`
  appendFileSync(RESULTS, `${JSON.stringify({ date, machine, ...verdict })}\n`)
}

/** Writes the page from the last verdict of each fault. */
export function writeReport(): void {
  writeFileSync(PAGE, reportText(readFileSync(RESULTS, 'utf8')))
}

const WHAT: Readonly<Record<string, string>> = {
  kill: 'a replica is killed (`SIGKILL`), and another process starts in its place',
  death: 'a replica is killed, and nobody takes its place: others go on with its tasks',
  restart: 'all replicas are replaced, as by an upgrade: `SIGTERM`, the next when the one before serves',
  upgrade: 'all replicas are replaced by those of another build, an earlier one and this in turn',
  pause: 'a replica is frozen for twice the session timeout, and wakes up as a zombie',
  wipe: 'a replica is killed, and the new process finds an empty data directory',
  storm: 'for five seconds one of the replicas goes each second, and comes again',
  clock: 'the clock of a replica is put forward or back, by up to an hour',
  disk: 'the disk of a replica is full for twice the session timeout',
  poison: 'records that are no rows',
  large: 'a record of 5 MB',
  cut: 'no packet passes between a replica and the brokers, for twice the session timeout',
  broker: 'one of three brokers is killed and comes again',
  outage: 'all three brokers are down for half a minute',
}

export function reportText(results: string): string {
  const kept = results
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Kept)
  const last = new Map(kept.map((one) => [one.fault, one]))
  const rows = [...last.values()].map((one) => {
    const recovery = `${(one.recoveryMsP95 / 1000).toFixed(1)} s`
    const what = `\`${one.fault}\`: ${WHAT[one.fault] ?? ''}`
    return `| ${[what, one.runs, one.events, one.lost, one.doubled, recovery, one.seed, one.date].join(' | ')} |`
  })
  const machines = [...new Set([...last.values()].map(({ machine }) => machine))]
  return `${[
    '# Faults',
    '',
    'Two replicas work on 4,000 events a second, exactly once, over real brokers, while one thing after the other is done to',
    'them. Each event has a number and is a transfer between two accounts; some are written twice. One query counts the events',
    'in windows, one keeps the balance of each account, and one passes on each number once. A reader of committed records',
    'compares all three with the input: `lost` are events that are missing in one of them, `doubled` those that are there once',
    'too often. The recovery time is that from a strike, or from when what was taken away is there again, until each of the',
    '24 tasks has committed again, at the 95th percentile; the session timeout is two seconds.',
    '',
    '| fault | strikes | events | lost | doubled | recovery p95 | seed | date |',
    '|---|---:|---:|---:|---:|---:|---:|---|',
    ...rows,
    '',
    `Measured on ${machines.join('; ')}, with brokers and replicas on the same machine. \`npm run faults -- --fault NAME --runs N --keep\``,
    'adds a line, and `npm run faults -- --report` writes this page.',
    '',
    'That the checker sees is shown by `npm run mutants`: bugs that are planted one at a time, each of which a named test finds.',
  ].join('\n')}\n`
}
