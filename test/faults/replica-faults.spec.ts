import { afterAll, beforeAll, expect, test } from 'vitest'
import { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { buildServer, removeBuild } from '../e2e/server-process.ts'
import { describeKafka, describeKafkaCluster } from '../harness/kafka/describe-kafka.ts'
import { BROKER_FAULTS, REPLICA_FAULTS, runFault } from './replica-faults.ts'

const SEED = 1

describeKafka('two replicas count each event once', ({ bootstrap, prefix }) => {
  beforeAll(buildServer, 60_000)
  afterAll(removeBuild)

  test.each(REPLICA_FAULTS)(
    'while one of them suffers: %s',
    async (fault) => {
      const verdict = await runFault({ bootstrap, prefix: `${prefix}-${fault}`, fault, seed: SEED, strikes: 2 })
      expect(verdict).toMatchObject({ lost: 0, doubled: 0 })
      expect(verdict.events).toBeGreaterThan(1_000)
    },
    180_000,
  )
})

describeKafkaCluster('two replicas over three brokers count each event once', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    buildServer()
    cluster = await KafkaCluster.start({ brokers: 3 })
  }, 180_000)
  afterAll(async () => {
    await cluster?.close()
    removeBuild()
  })

  test.each(BROKER_FAULTS)(
    'while these suffer: %s',
    async (fault) => {
      const { bootstrap } = cluster
      const brief = { strikes: 1, outageMs: 5_000 }
      const verdict = await runFault({ bootstrap, prefix: `faults-${fault}`, fault, seed: SEED, cluster, ...brief })
      expect(verdict).toMatchObject({ lost: 0, doubled: 0 })
      expect(verdict.events).toBeGreaterThan(1_000)
    },
    180_000,
  )
})
