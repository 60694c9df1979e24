// The broker that all Kafka specs of a run share. Vitest calls this once, and only when such a spec is in the run.

import { randomBytes } from 'node:crypto'
import { Admin } from '@platformatic/kafka'
import type { TestProject } from 'vitest/node'
import { DockerBroker, hasDocker } from '../../../scripts/kafka/docker-broker.ts'
import { KafkaCluster } from '../../../scripts/kafka/kafka-cluster.ts'
import { prepareKafka } from '../../../scripts/kafka/kafka-program.ts'
import { JavaMissingError } from '../../../scripts/maven-jars.ts'

/** What a spec is told: an address and what names of the run begin with, or why there is none. */
export type SharedBroker =
  | { readonly kind: 'running'; readonly bootstrap: string; readonly prefix: string }
  | { readonly kind: 'missing'; readonly reason: string }

declare module 'vitest' {
  interface ProvidedContext {
    readonly sharedBroker: SharedBroker
    /** Why specs can't start brokers of their own; `null` when they can. */
    readonly clusterMissing: string | null
  }
}

let broker: AsyncDisposable | undefined
/** What a broker that is not ours has to be rid of in the end. */
let leave: () => Promise<void> = async () => {}

export async function setup(project: TestProject): Promise<void> {
  const clusterMissing = await findJars()
  const shared = await findBroker(clusterMissing)
  if (shared.kind === 'missing') console.error(`Kafka tests are skipped: ${shared.reason}`)
  project.provide('sharedBroker', shared)
  project.provide('clusterMissing', clusterMissing)
}

export async function teardown(): Promise<void> {
  await leave()
  await broker?.[Symbol.asyncDispose]()
}

/** Fetches them when they are not there yet: specs that run side by side then only use them. */
async function findJars(): Promise<string | null> {
  try {
    await prepareKafka((line) => console.error(line))
    return null
  } catch (error) {
    if (!(error instanceof JavaMissingError)) throw error
    return error.message
  }
}

async function findBroker(clusterMissing: string | null): Promise<SharedBroker> {
  const prefix = `weir-test-${randomBytes(4).toString('hex')}`
  const given = process.env['WEIR_TEST_KAFKA']
  if (given !== undefined && given !== '') {
    leave = () => deleteTopics(given, prefix)
    return { kind: 'running', bootstrap: given, prefix }
  }
  if (clusterMissing !== null && !(await hasDocker())) {
    return { kind: 'missing', reason: `${clusterMissing}; or start Docker, or set WEIR_TEST_KAFKA=host:port` }
  }
  const started = clusterMissing === null ? await KafkaCluster.start() : await DockerBroker.start()
  broker = started
  return { kind: 'running', bootstrap: started.bootstrap, prefix }
}

async function deleteTopics(bootstrap: string, prefix: string): Promise<void> {
  const admin = new Admin({ clientId: 'weir-test', bootstrapBrokers: bootstrap.split(',') })
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix))
    if (topics.length > 0) await admin.deleteTopics({ topics })
  } finally {
    await admin.close()
  }
}
