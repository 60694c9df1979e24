import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { formatRegistry } from '../../../src/adapters/formats/registry.ts'
import { openMemoryStorage } from '../../../src/adapters/memory/memory-storage.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import type { Row } from '../../../src/core/value.ts'
import { WeirRuntime } from '../../../src/runtime/weir-runtime.ts'
import { registryContract } from '../../contract/registry-contract.ts'
import { describeRealRegistry, findRealRegistry } from '../../harness/registry/real-registry.ts'

const found = await findRealRegistry()
afterAll(async () => {
  if ('registry' in found) await found.registry[Symbol.asyncDispose]()
})

describeRealRegistry('a real registry', found, (url) => registryContract('a real one', async () => ({ url })))

describeRealRegistry('streams with a real registry', found, (url) => {
  let runtime: WeirRuntime
  beforeEach(async () => {
    runtime = await WeirRuntime.open({
      storage: openMemoryStorage(),
      formats: formatRegistry({ schemaRegistry: { url, user: undefined, password: undefined } }),
      clock: new SystemClock(),
    })
  })
  afterEach(() => runtime.close())

  async function run(sql: string): Promise<Row[]> {
    const rows: Row[] = []
    for await (const result of runtime.execute(sql)) {
      if (result.kind === 'table') rows.push(...result.rows)
      if (result.kind !== 'rows') continue
      for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
    }
    return rows
  }

  for (const format of ['avro', 'protobuf', 'json-registry']) {
    it(`write, register, infer and read: ${format}`, async () => {
      const topic = `weir-${process.pid}-${format}`
      await run(`CREATE STREAM facts (id BIGINT NOT NULL, region STRING, amount DECIMAL(8, 2), ts TIMESTAMP, tags ARRAY<STRING>,
          address STRUCT<city STRING, zip INT>) WITH (format = '${format}', topic = '${topic}');
        INSERT INTO facts (id, region, amount, ts, tags)
          VALUES (9007199254740993, 'eu', 12.50, TIMESTAMP '2026-01-15 12:00:00.25', ARRAY['a', 'b']);
        CREATE STREAM again WITH (format = '${format}', topic = '${topic}');
        CREATE MATERIALIZED VIEW copy AS SELECT id, region, CAST(amount AS DECIMAL(8, 2)) AS amount, ts, tags FROM again;`)
      const expected = [[9007199254740993n, 'eu', 1250, Date.UTC(2026, 0, 15, 12, 0, 0, 250), ['a', 'b']]]
      await expect.poll(() => run('SELECT * FROM copy')).toEqual(expected)
      expect((await run('DESCRIBE again')).map(([name]) => name)).toEqual([
        'id',
        'region',
        'amount',
        'ts',
        'tags',
        'address',
      ])
    })
  }

  it('are refused by a subject that only takes what is compatible', async () => {
    const subject = `weir-${process.pid}-strict-value`
    await run(
      `CREATE STREAM first (id BIGINT NOT NULL) WITH (format = 'avro', subject = '${subject}'); INSERT INTO first VALUES (1);`,
    )
    await fetch(`${url}/config/${subject}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: '{"compatibility":"BACKWARD"}',
    })
    await run(`CREATE STREAM second (id STRING NOT NULL) WITH (format = 'avro', subject = '${subject}')`)
    await expect(run(`INSERT INTO second VALUES ('x')`)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(new RegExp(`^subject "${subject}" does not take the schema: `)),
    })
  })
})
