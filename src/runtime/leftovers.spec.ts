import { expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { WeirRuntime } from './weir-runtime.ts'

it('a start deletes what a crash in a CREATE has left, and no topic that a user has named', async () => {
  const storage = openMemoryStorage()
  const open = () => WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
  const before = await open()
  for await (const _ of before.execute(`CREATE STREAM orders (id BIGINT) WITH (topic = 'weir.orders');
    INSERT INTO orders VALUES (1);
    CREATE MATERIALIZED VIEW v AS SELECT id FROM orders;
    CREATE SINK s AS SELECT id FROM orders WITH (topic = 'weir.results.s');`));
  const names = () => storage.log.topicNames()
  const kept = await names()
  expect(kept).toEqual(['weir.orders', 'weir.results.s', expect.stringMatching(/^weir\.results\.v\.\w{8}$/)])
  await before.close()
  const time = Date.now().toString(36)
  for (const name of [`weir.results.gone.${time}`, `weir.late.gone.${time}`]) {
    await storage.log.createTopic({ name, partitions: 1, retentionMs: undefined, retentionBytes: undefined })
  }
  const after = await open()
  expect(await names()).toEqual(kept)
  await after.close()
})
