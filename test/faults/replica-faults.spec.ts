import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServer, removeBuild } from '../e2e/server-process.ts'
import { describeKafka, describeKafkaCluster } from '../harness/kafka/describe-kafka.ts'
import { namespacesMissing } from '../harness/network-namespace.ts'
import { buildEarlier, type EarlierBuild, earlierBuildMissing } from './earlier-build.ts'
import { startBrokers } from './fault-brokers.ts'
import { BROKER_FAULTS, REPLICA_FAULTS, type ReplicaFault, runFault } from './replica-faults.ts'
import { disksMissing } from './small-disk.ts'

const SEED = 1
const noEarlier = earlierBuildMissing()
const STANDBY = ['--standby-replicas', '1']

describeKafka('two replicas count each event once', ({ bootstrap, prefix }) => {
  beforeAll(buildServer, 60_000)
  afterAll(removeBuild)

  const twice = async (fault: ReplicaFault, flags: readonly string[] = [], earlier?: EarlierBuild) => {
    // One restart is of both.
    const strikes = fault === 'restart' ? 1 : 2
    const run = { bootstrap, prefix: `${prefix}-${fault}-${flags.length}`, fault, seed: SEED, strikes, flags, earlier }
    const verdict = await runFault(run)
    expect(verdict).toMatchObject({ lost: 0, doubled: 0 })
    expect(verdict.events).toBeGreaterThan(1_000)
  }

  test.each(REPLICA_FAULTS)('while one of them suffers: %s', (fault) => twice(fault), 180_000)
  test.skipIf(disksMissing() !== null)('while the disk of one of them is full', () => twice('disk'), 180_000)
  test.skipIf(noEarlier !== null)(
    `while they are upgraded from an earlier build, and taken back to it${noEarlier === null ? '' : ` (${noEarlier})`}`,
    async () => {
      using earlier = buildEarlier()
      await twice('upgrade', [], earlier)
    },
    240_000,
  )
  test('while one of them dies whose state the other keeps a copy of', () => twice('death', STANDBY), 180_000)
})

const missing = namespacesMissing()

describeKafkaCluster('two replicas count each event once', () => {
  beforeAll(buildServer, 60_000)
  afterAll(removeBuild)

  const briefly = async (fault: ReplicaFault) => {
    const brokers = await startBrokers(fault)
    try {
      const { bootstrap, cluster, cable } = brokers
      const brief = { strikes: 1, outageMs: 5_000 }
      const verdict = await runFault({
        bootstrap,
        prefix: `faults-${fault}`,
        fault,
        seed: SEED,
        cluster,
        cable,
        ...brief,
      })
      expect(verdict).toMatchObject({ lost: 0, doubled: 0 })
      expect(verdict.events).toBeGreaterThan(1_000)
    } finally {
      await brokers.close()
    }
  }

  test.each(BROKER_FAULTS)('while these suffer: %s', briefly, 180_000)
  test.skipIf(missing !== null)('while one of them is cut off', () => briefly('cut'), 180_000)
})
