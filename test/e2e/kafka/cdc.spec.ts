// A live read model of a real database: PostgreSQL, Debezium, Kafka and Weir, as `npm run cdc-demo` shows it.

import { expect, test } from 'vitest'
import { runCdc } from '../../../scripts/cdc/cdc-run.ts'
import { postgresMissing } from '../../../scripts/cdc/postgres-server.ts'
import { describeKafkaCluster } from '../../harness/kafka/describe-kafka.ts'

const missing = await postgresMissing()
const SEED = 3

describeKafkaCluster('change data capture', () => {
  test.skipIf(missing !== null)(
    'tables, a join on a foreign key and an aggregate are what the database says, and Connect was killed on the way',
    async () => {
      const verdict = await runCdc({ seed: SEED, transactions: 400, kills: 1 })
      expect(verdict).toMatchObject({ lost: 0, different: 0, killed: 1 })
      expect(verdict.rows).toBeGreaterThan(500)
      expect(verdict.changes).toBeGreaterThan(1_000)
    },
    300_000,
  )
})
