import { expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { WeirRuntime } from './weir-runtime.ts'

it('a reader of late rows and of dead letters gets those that came before', async () => {
  const runtime = await WeirRuntime.open({
    storage: openMemoryStorage(),
    formats: formatRegistry(),
    clock: new SystemClock(),
  })
  const setup = `CREATE STREAM s (a INT, ts TIMESTAMP, WATERMARK FOR ts AS ts EMIT ON EVENT) WITH (dead_letter_topic = 'dead');
    CREATE MATERIALIZED VIEW v AS SELECT SUM(10 / a) AS n FROM s GROUP BY TUMBLE(ts, INTERVAL '1' SECOND)
    LATE ROWS INTO late EMIT FINAL;
    INSERT INTO s VALUES (0, '2026-01-01 00:00:00'), (1, '2026-01-01 00:00:05'), (2, '2026-01-01 00:00:01');`
  for await (const _ of runtime.execute(setup));
  await expect.poll(async () => (await runtime.stats('v')).lagRecords).toBe(0)
  const first = async (sql: string) => {
    for await (const event of await runtime.query(sql)) if (event.kind === 'rows') return event.rows[0]
    return undefined
  }
  expect(await first('SELECT a FROM late')).toEqual([2])
  expect(await first('SELECT reason FROM dead')).toEqual(['division by zero'])
  await runtime.close()
})
