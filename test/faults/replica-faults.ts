// Faults of replicas, for real: server processes over a real broker, struck at moments that a seed chooses, while
// events flow.

import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import type { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { healthOf } from '../../src/cli/commands/health.ts'
import { freeAddress, ServerProcess, temporaryDirectory } from '../e2e/server-process.ts'
import { Random } from '../harness/random.ts'
import type { EarlierBuild } from './earlier-build.ts'
import type { Cable } from './fault-brokers.ts'
import { type Count, FaultWorkload, PARTITIONS } from './fault-workload.ts'
import { SkewedClock } from './skewed-clock.ts'
import { SmallDisk } from './small-disk.ts'

export const REPLICA_FAULTS = [
  'kill',
  'death',
  'restart',
  'pause',
  'wipe',
  'storm',
  'clock',
  'poison',
  'large',
] as const
export const BROKER_FAULTS = ['broker', 'outage'] as const
export const FAULTS = [...REPLICA_FAULTS, 'upgrade', 'disk', 'cut', ...BROKER_FAULTS] as const
/**
 * - `kill`: SIGKILL, and a new process at once, which keeps the tasks
 * - `death`: SIGKILL, and nobody in its place until its partitions have gone on elsewhere
 * - `restart`: SIGTERM to one after the other, each replaced when it has drained, the next when that serves: an upgrade
 * - `upgrade`: the same, from an earlier build to this one, and with the next strike back; both are at work meanwhile
 * - `pause`: SIGSTOP for longer than the session timeout, then SIGCONT: a zombie that believes it still has its tasks
 * - `wipe`: SIGKILL, and the new process finds an empty data directory
 * - `storm`: for some seconds one of the replicas goes each second, and comes again
 * - `clock`: the clock of one replica is put forward or back, by up to an hour, while it runs
 * - `poison`: records that are no rows, which have to be among the dead letters, each once
 * - `large`: an event of 5 MB
 * - `disk`: the disk of a replica is full for twice the session timeout
 * - `cut`: no packet passes between a replica and the brokers, for longer than the session timeout
 * - `broker`: one of three brokers is killed and comes again
 * - `outage`: all of them, for half a minute
 */
export type ReplicaFault = (typeof FAULTS)[number]

export interface FaultRun {
  readonly bootstrap: string
  readonly prefix: string
  readonly fault: ReplicaFault
  readonly seed: number
  /** Strikes, one after the other. */
  readonly strikes: number
  /** 2 by default. */
  readonly replicas?: number | undefined
  /** More settings of the servers. */
  readonly flags?: readonly string[] | undefined
  /** What the replicas run at first, for the fault that upgrades them. */
  readonly earlier?: EarlierBuild | undefined
  /** The brokers, for the faults that strike them. */
  readonly cluster?: KafkaCluster | undefined
  /** What the last replica is behind, for the fault that cuts it. */
  readonly cable?: Cable | undefined
  /** How long an outage is; half a minute by default. */
  readonly outageMs?: number
  readonly log?: (line: string) => void
}

export interface Verdict extends Count {
  /**
   * By strike: until each task of each query has gone on, ms. It counts from the strike, or from when what was taken
   * away is there again.
   */
  readonly recoveryMs: readonly number[]
}

export const SESSION_TIMEOUT_MS = 2_000
/** Several processes and brokers start at once, on few cores. */
const CONNECT_MS_MAX = 60_000
const STORM_SECONDS = 5
const POISON_RECORDS = 3
const LARGE_BYTES = 5 * 1024 * 1024
const OUTAGE_MS = 30_000
const SKEW_MS_MAX = 3_600_000

export async function runFault(run: FaultRun): Promise<Verdict> {
  const world = new World(run)
  try {
    await world.open()
    return await world.strikeAll()
  } finally {
    await world.close()
  }
}

interface Replica {
  readonly number: number
  readonly address: string
  readonly data: string
  readonly clock: SkewedClock | undefined
  readonly disk: SmallDisk | undefined
  process: ServerProcess
}

class World {
  readonly #run: FaultRun
  readonly #random: Random
  readonly #workload: FaultWorkload
  readonly #directory = temporaryDirectory()
  readonly #replicas: Replica[] = []
  /** What the next process runs, where it is not the build of today. */
  #earlier: EarlierBuild | undefined

  constructor(run: FaultRun) {
    this.#run = run
    this.#earlier = run.earlier
    this.#random = new Random(run.seed)
    this.#workload = new FaultWorkload({ ...run, outageMs: run.outageMs ?? OUTAGE_MS })
  }

  async open(): Promise<void> {
    const { replicas = 2, fault } = this.#run
    await this.#workload.createTopics()
    for (let number = 0; number < replicas; number++) {
      const address = await freeAddress()
      const data = join(this.#directory, `replica-${number}`)
      const clock = fault === 'clock' ? new SkewedClock(join(this.#directory, `clock-${number}`)) : undefined
      const disk = fault === 'disk' ? SmallDisk.mount(data) : undefined
      const replica = { number, address, data, clock, disk }
      this.#replicas.push({ ...replica, process: this.#spawn(replica) })
    }
    const first = this.#replicas[0] as Replica
    await using client = await WeirClient.connect(first.address, { connectTimeoutMs: CONNECT_MS_MAX })
    await client.execute(this.#workload.statements)
    this.#workload.start()
  }

  async strikeAll(): Promise<Verdict> {
    const recoveryMs: number[] = []
    await this.#untilProgress([])
    for (let strike = 0; strike < this.#run.strikes; strike++) {
      await pause(this.#random.integer(200, 1_500))
      recoveryMs.push(await this.#strike())
      this.#run.log?.(`strike ${strike + 1} of ${this.#run.strikes}: ${recoveryMs.at(-1)} ms`)
    }
    await this.#workload.stop()
    return { ...(await this.#workload.verdict()), recoveryMs }
  }

  async close(): Promise<void> {
    for (const { process } of this.#replicas) {
      process.signal('SIGCONT')
      await process.kill()
    }
    await this.#workload.close()
    for (const { disk } of this.#replicas) disk?.unmount()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #spawn({ number, address, data, clock }: Omit<Replica, 'process'>): ServerProcess {
    const { prefix, cable, bootstrap, replicas = 2, flags: more = [] } = this.#run
    const behind = number === replicas - 1 ? cable : undefined
    const flags = [
      ...['--kafka', behind?.bootstrap ?? bootstrap, '--kafka-prefix', prefix],
      ...['--replica-name', `replica-${number}`, '--session-timeout-ms', String(SESSION_TIMEOUT_MS)],
      ...more,
    ]
    const start = behind?.namespace
    const { main } = this.#earlier ?? {}
    if (main !== undefined) {
      return ServerProcess.spawn(address, data, flags, (node, [, ...args], options) =>
        spawn(node, [main, ...args], options),
      )
    }
    if (clock !== undefined) return ServerProcess.spawn(address, data, flags, (...process) => clock.spawn(...process))
    return ServerProcess.spawn(address, data, flags, start && ((...process) => start.spawn(...process)))
  }

  /** Strikes once; resolves with the time that it took to recover, ms. */
  async #strike(): Promise<number> {
    const replica = this.#replicas[this.#random.integer(0, this.#replicas.length - 1)] as Replica
    switch (this.#run.fault) {
      case 'kill':
      case 'wipe':
      case 'death':
        return this.#kill(replica)
      case 'storm':
        await this.#storm()
        return this.#kill(replica)
      case 'restart':
        return this.#restartAll()
      case 'upgrade':
        this.#earlier = this.#earlier === undefined ? this.#run.earlier : undefined
        return this.#restartAll()
      case 'pause':
        return this.#without(
          () => replica.process.signal('SIGSTOP'),
          () => replica.process.signal('SIGCONT'),
        )
      case 'cut': {
        const { cable } = this.#run
        return this.#without(
          () => cable?.namespace.cut(),
          () => cable?.namespace.heal(),
        )
      }
      case 'disk':
        return this.#without(
          () => replica.disk?.fill(),
          () => replica.disk?.free(),
        )
      case 'clock':
        return this.#recovery(() => replica.clock?.skew(this.#random.integer(-SKEW_MS_MAX, SKEW_MS_MAX)))
      case 'poison':
        return this.#recovery(() => this.#workload.poison(this.#random.integer(0, PARTITIONS - 1), POISON_RECORDS))
      case 'large':
        return this.#recovery(() => this.#workload.large(this.#random.integer(0, PARTITIONS - 1), LARGE_BYTES))
      case 'broker':
      case 'outage':
        return this.#strikeBrokers()
    }
  }

  async #kill(replica: Replica): Promise<number> {
    const { fault } = this.#run
    const startMs = performance.now()
    await replica.process.kill()
    const before = await this.#workload.progress()
    if (fault === 'wipe') rmSync(replica.data, { recursive: true, force: true })
    if (fault !== 'death') replica.process = this.#spawn(replica)
    await this.#untilProgress(before)
    const recoveryMs = Math.round(performance.now() - startMs)
    if (fault === 'death') {
      replica.process = this.#spawn(replica)
      await using _ = await WeirClient.connect(replica.address, { connectTimeoutMs: CONNECT_MS_MAX })
    }
    return recoveryMs
  }

  /** As Kubernetes does an upgrade; the time is that of all of them. */
  async #restartAll(): Promise<number> {
    const before = await this.#workload.progress()
    const startMs = performance.now()
    for (const replica of this.#replicas) {
      replica.process.signal('SIGTERM')
      const code = await replica.process.exitCode()
      if (code !== 0) throw new Error(`replica ${replica.number} ended with ${code}: ${replica.process.stderr}`)
      replica.process = this.#spawn(replica)
      await this.#untilServes(replica)
    }
    await this.#untilProgress(before)
    return Math.round(performance.now() - startMs)
  }

  async #untilServes({ address: server, process }: Replica): Promise<void> {
    const untilMs = performance.now() + CONNECT_MS_MAX
    for (let status = ''; status !== 'SERVING'; await pause(100)) {
      if (performance.now() > untilMs) throw new Error(`${server} does not serve: ${status}, ${process.stderr}`)
      status = await healthOf({ server, service: '', timeoutMs: 1_000 }).catch(String)
    }
  }

  async #storm(): Promise<void> {
    for (let second = 0; second < STORM_SECONDS; second++) {
      const replica = this.#replicas[this.#random.integer(0, this.#replicas.length - 1)] as Replica
      await replica.process.kill()
      await pause(1_000)
      replica.process = this.#spawn(replica)
    }
  }

  /** Takes something away for twice the session timeout; the time counts from when it is there again. */
  async #without(take: () => unknown, giveBack: () => unknown): Promise<number> {
    await take()
    await pause(2 * SESSION_TIMEOUT_MS)
    return this.#recovery(giveBack)
  }

  async #recovery(strike: () => unknown): Promise<number> {
    const before = await this.#workload.progress()
    const startMs = performance.now()
    await strike()
    await this.#untilProgress(before)
    return Math.round(performance.now() - startMs)
  }

  /** The time counts from when the brokers that are enough to go on are there. */
  async #strikeBrokers(): Promise<number> {
    const { cluster, fault, outageMs = OUTAGE_MS } = this.#run
    if (cluster === undefined) throw new Error(`the fault ${fault} needs brokers of its own`)
    const ids = fault === 'outage' ? cluster.brokerIds : [1 + this.#random.integer(0, cluster.brokerIds.length - 1)]
    const start = () => Promise.all(ids.map((id) => cluster.startBroker(id)))
    const before = await this.#workload.progress()
    await Promise.all(ids.map((id) => cluster.stopBroker(id, 'SIGKILL')))
    let startMs = performance.now()
    if (fault === 'outage') {
      await pause(outageMs)
      await start()
      startMs = performance.now()
    }
    await this.#untilProgress(before)
    const recoveryMs = Math.round(performance.now() - startMs)
    if (fault === 'broker') await start()
    return recoveryMs
  }

  #untilProgress(before: readonly number[]): Promise<void> {
    return this.#workload.untilProgress(before, () =>
      this.#replicas.map(({ process }) => process.stderr.slice(-2_000)).join('\n'),
    )
  }
}
