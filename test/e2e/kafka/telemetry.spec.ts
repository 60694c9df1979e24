// A trace goes with the records: from the call that writes, through the query that reads and writes, to the next query.

import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { loadConfig } from '../../../src/server/config/config.ts'
import { type RunningServer, startServer } from '../../../src/server/start-server.ts'
import { createLogger } from '../../../src/server/telemetry/logger.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { OtlpCollector } from '../../harness/otlp-collector.ts'
import { temporaryDirectory } from '../server-process.ts'

describeKafka('traces over Kafka', (kafka) => {
  let collector: OtlpCollector
  let server: RunningServer
  let client: WeirClient
  let directory: string

  beforeEach(async () => {
    collector = await OtlpCollector.open()
    directory = temporaryDirectory()
    const flags = {
      listen: '127.0.0.1:0',
      dataDirectory: directory,
      kafka: kafka.bootstrap,
      kafkaPrefix: `${kafka.prefix}-traces`,
      kafkaReplicationFactor: 1,
      otlpEndpoint: collector.url,
      traceRatio: 1,
    }
    server = await startServer(loadConfig({ flags }), { logger: createLogger('silent') })
    client = await WeirClient.connect(server.address)
  })

  afterEach(async () => {
    await client.close()
    await server.close()
    await collector[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  test('one trace has the ingest, the commit of the query that read it, and that of the query behind', async () => {
    const [input, between] = [`${kafka.prefix}-traces-in`, `${kafka.prefix}-traces-out`]
    await client.execute(`
      CREATE STREAM orders (id BIGINT) WITH (connector = 'kafka', topic = '${input}', partitions = 1);
      CREATE STREAM passed (id BIGINT) WITH (connector = 'kafka', topic = '${between}', partitions = 1);
      INSERT INTO passed SELECT id FROM orders;
      CREATE MATERIALIZED VIEW seen AS SELECT id FROM passed;`)
    const writer = client.ingest('orders')
    await writer.write({ id: 1n })
    await writer[Symbol.asyncDispose]()
    const queriesOf = (traceId: string | undefined) =>
      collector.spans
        .filter((span) => span.name === 'weir.commit' && span.traceId === traceId)
        .flatMap(({ attributes }) => attributes.find(({ key }) => key === 'weir.query')?.value.stringValue ?? [])
    // Spans are sent each five seconds, by each thread.
    const traceId = () => collector.spans.find(({ name }) => name === 'weir.v1.IngestService/Ingest')?.traceId
    await expect
      .poll(() => [...new Set(queriesOf(traceId()))].sort(), { timeout: 60_000 })
      .toEqual(['insert_passed_1', 'seen'])
  }, 120_000)
})
