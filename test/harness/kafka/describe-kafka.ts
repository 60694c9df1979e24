// `describe` for specs that need a real broker. Where none can be had they are skipped and say so; under `CI=true`,
// where nobody reads what was skipped, each of them fails instead.

import { randomBytes } from 'node:crypto'
import { describe, inject, it } from 'vitest'
import type {} from './shared-broker.ts'

export interface KafkaUnderTest {
  /** `host:port` of the broker that all specs of a run share, without TLS and without a login. */
  readonly bootstrap: string
  /** Begins the names of topics, groups and transactional ids: no other spec, and no other run, has it. */
  readonly prefix: string
}

const NOWHERE = '127.0.0.1:1'

/** For what one healthy broker can show. */
export function describeKafka(name: string, body: (kafka: KafkaUnderTest) => void): void {
  const shared = inject('sharedBroker')
  if (shared.kind === 'running') {
    const prefix = `${shared.prefix}-${randomBytes(3).toString('hex')}`
    describe(name, () => body({ bootstrap: shared.bootstrap, prefix }))
  } else {
    describeMissing(name, shared.reason, () => body({ bootstrap: NOWHERE, prefix: 'weir-test' }))
  }
}

/** For what starts brokers of its own, to stop them or to give them other properties: `KafkaCluster.start`. */
export function describeKafkaCluster(name: string, body: () => void): void {
  const missing = inject('clusterMissing')
  if (missing === null) describe(name, body)
  else describeMissing(name, missing, body)
}

function describeMissing(name: string, reason: string, body: () => void): void {
  if (process.env['CI'] === 'true') {
    it(`${name} (needs Kafka)`, () => {
      throw new Error(`CI=true does not skip the tests with Kafka: ${reason}`)
    })
  }
  describe.skipIf(true)(name, body)
}
