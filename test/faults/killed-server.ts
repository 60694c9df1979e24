// What the specs share that kill a server over the broker of a run: a place for it, and the end of its topics.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../e2e/server-process.ts'
import type { KafkaUnderTest } from '../harness/kafka/describe-kafka.ts'

const BUILD_MS_MAX = 60_000

export interface KilledServer {
  /** Topics that begin with the prefix of the spec are deleted when it ends. */
  readonly log: KafkaLog
  /** A free address, and a server there each time it is called: on the same directory, with these flags. */
  readonly place: (
    flags?: readonly string[],
  ) => Promise<{ readonly address: string; readonly spawn: () => ServerProcess }>
}

/** Call it in the `describe` of a spec: it builds the server before its tests and removes all of it behind them. */
export function killedServer({ bootstrap, prefix }: KafkaUnderTest): KilledServer {
  const log = new KafkaLog({ connection: { bootstrapBrokers: [bootstrap] }, replicationFactor: 1 })
  const directory = temporaryDirectory()

  beforeAll(buildServer, BUILD_MS_MAX)
  afterAll(async () => {
    removeBuild()
    for (const name of await log.topicNames()) if (name.startsWith(`${prefix}.`)) await log.deleteTopic(name)
    await log.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const args = ['--kafka', bootstrap, '--kafka-prefix', prefix]
  const place = async (flags: readonly string[] = []) => {
    const address = await freeAddress()
    const data = join(directory, address.replace(':', '-'))
    return { address, spawn: () => ServerProcess.spawn(address, data, [...args, ...flags]) }
  }
  return { log, place }
}
