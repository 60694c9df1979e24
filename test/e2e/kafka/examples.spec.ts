// The examples on a server that runs on Kafka, as their READMEs say: the same commands, the same rows.

import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { runStep, stepsOf } from '../../harness/readme-steps.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../server-process.ts'

const EXAMPLES = ['live-order-counts', 'dispatch-dedup', 'cdc-read-model', 'error-rate', 'clickstream-sessions']

describeKafka('the examples over Kafka', ({ bootstrap, prefix }) => {
  const directory = temporaryDirectory()
  let server: ServerProcess

  beforeAll(async () => {
    buildServer()
    const flags = ['--kafka', bootstrap, '--kafka-prefix', prefix, '--kafka-replication-factor', '1']
    server = ServerProcess.spawn(await freeAddress(), directory, flags)
    await (await WeirClient.connect(server.address, { connectTimeoutMs: 60_000 })).close()
  }, 120_000)

  afterAll(async () => {
    await server?.kill()
    removeBuild()
    rmSync(directory, { recursive: true, force: true })
  })

  describe.each(EXAMPLES)('examples/%s', (name) => {
    const steps = stepsOf(name).filter(({ command }) => command.startsWith('npx weir sql'))

    test.each(steps)('runs: $command', async (step) => {
      if (step.expected === undefined) expect((await runStep(step, server.address)).failure).toBe('')
      else {
        const done = { stdout: step.expected, failure: '' }
        await expect.poll(() => runStep(step, server.address), { timeout: 50_000 }).toEqual(done)
      }
    })
  })
})
