import { beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { StoredCatalog } from './catalog.ts'
import { WeirRuntime } from './weir-runtime.ts'

describe('the catalog of a replica that shares its store', () => {
  let storage: Storage
  let writer: WeirRuntime
  let follower: StoredCatalog
  let unreadable: string[]

  beforeEach(async () => {
    storage = openMemoryStorage()
    unreadable = []
    follower = new StoredCatalog(storage.catalog, (key) => unreadable.push(key))
    writer = await WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
    return () => writer.close()
  })

  async function execute(sql: string): Promise<void> {
    for await (const result of writer.execute(sql)) if (result.kind === 'rows') await result.results.close()
  }

  it('follows what another one creates and drops', async () => {
    let changes = 0
    follower.onChange(() => changes++)
    await execute('CREATE STREAM s (a INT); CREATE MATERIALIZED VIEW v AS SELECT a FROM s;')
    expect(follower.relations().map(({ name }) => name)).toEqual(['s', 'v'])
    expect(follower.query('v')?.plan).toEqual(writer.catalog.query('v')?.plan)
    expect(follower.readersOf('s')).toEqual(['v'])
    expect(changes).toBe(2)
    await execute('DROP STREAM s CASCADE')
    expect([follower.relations(), follower.queries()]).toEqual([[], []])
  })

  it('keeps the plan of a query that is paused, and what runs can see that it is the same', async () => {
    await execute('CREATE STREAM s (a INT); CREATE MATERIALIZED VIEW v AS SELECT a FROM s;')
    const before = { here: writer.catalog.query('v')?.plan, there: follower.query('v')?.plan }
    await execute('PAUSE QUERY v')
    expect(follower.query('v')?.state).toBe('paused')
    expect(follower.query('v')?.plan).toBe(before.there)
    expect(writer.catalog.query('v')?.plan).toBe(before.here)
  })

  it('reads what has no version as the first one, and begins with nothing that a later release has written', async () => {
    await execute('CREATE STREAM s (a INT);')
    const { version, ...entry } = JSON.parse(storage.catalog.get('relation/s') ?? '')
    expect(version).toBe(1)
    await storage.catalog.write([{ key: 'relation/s', text: JSON.stringify(entry) }])
    expect(new StoredCatalog(storage.catalog).relation('s')).toEqual(writer.catalog.relation('s'))
    await storage.catalog.write([{ key: 'relation/s', text: JSON.stringify({ version: 2, ...entry }) }])
    expect(() => new StoredCatalog(storage.catalog)).toThrow(
      'the catalog entry "relation/s" has version 2; this release reads up to 1',
    )
    expect(unreadable).toEqual(['relation/s'])
    expect(follower.relation('s')).toBeUndefined()
    // Nor is it written over by who does not see it.
    await expect(execute('CREATE STREAM s (b INT);')).rejects.toThrow('the catalog entry "relation/s" has version 2')
    expect(JSON.parse(storage.catalog.get('relation/s') ?? '')).toMatchObject({ version: 2 })
  })

  it('leaves out what it can not read, says which, and goes on', async () => {
    await execute('CREATE STREAM s (a INT); CREATE MATERIALIZED VIEW v AS SELECT a FROM s;')
    await storage.catalog.write([
      { key: 'query/v', text: JSON.stringify({ name: 'v', plan: '{"version":99}' }) },
      { key: 'relation/t', text: storage.catalog.get('relation/s') },
    ])
    expect(unreadable).toEqual(['query/v'])
    expect(follower.queries()).toEqual([])
    expect(follower.relation('t')).toBeDefined()
  })
})
