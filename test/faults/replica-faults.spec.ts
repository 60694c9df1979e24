import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServer, removeBuild } from '../e2e/server-process.ts'
import { describeKafka } from '../harness/kafka/describe-kafka.ts'
import { REPLICA_FAULTS, runFault } from './replica-faults.ts'

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
