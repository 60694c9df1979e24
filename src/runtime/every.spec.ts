import { afterEach, beforeEach, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { Row } from '../core/value.ts'
import { WeirRuntime } from './weir-runtime.ts'

let runtime: WeirRuntime

beforeEach(async () => {
  runtime = await WeirRuntime.open({
    storage: openMemoryStorage(),
    formats: formatRegistry(),
    clock: new SystemClock(),
  })
})

afterEach(async () => {
  await runtime.close()
})

async function run(sql: string): Promise<void> {
  for await (const result of runtime.execute(sql)) expect(result.kind).toBe('done')
}

it('EVERY bounds how often a reader is told of a row of a view', async () => {
  await run(`CREATE STREAM orders (region STRING);
    CREATE MATERIALIZED VIEW totals AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region;`)
  const reader = await runtime.query(
    "SELECT region, n FROM totals WHERE region = 'eu' EMIT CHANGES EVERY INTERVAL '400' MILLISECOND",
  )
  const told: Row[] = []
  const reading = (async () => {
    for await (const event of reader) {
      if (event.kind !== 'rows') continue
      told.push(...event.rows.filter(([region]) => region === 'eu'))
      if (event.rows.some((row) => row[1] === 31)) return
    }
  })()
  await run("INSERT INTO orders VALUES ('eu');")
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  for (let i = 0; i < 30; i++) {
    await run("INSERT INTO orders VALUES ('eu'), ('us');")
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await reading
  // 30 changes within about 200 ms: the first was told at once, and the rest in a round or two.
  expect(told.length).toBeLessThanOrEqual(4)
  expect(told.at(-1)).toEqual(['eu', 31])
})
