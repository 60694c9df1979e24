import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
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

async function execute(sql: string): Promise<void> {
  for await (const result of runtime.execute(sql)) if (result.kind === 'rows') await result.results.close()
}

const names = async (kind: Parameters<WeirRuntime['list']>[0]) => (await runtime.list(kind)).map(({ name }) => name)

describe('DROP', () => {
  beforeEach(() => execute('CREATE STREAM s (a INT); CREATE MATERIALIZED VIEW v AS SELECT a FROM s;'))

  it('of another kind of object says what it is, and drops nothing', async () => {
    await expect(execute('DROP SINK s')).rejects.toMatchObject({
      message: '"s" is a stream',
      hint: 'Write DROP STREAM s.',
    })
    await expect(execute('DROP VIEW v')).rejects.toMatchObject({ hint: 'Write DROP MATERIALIZED VIEW v.' })
    expect(await names('materialized-view')).toEqual(['v'])
  })

  it('of what is not there is an error, unless IF EXISTS', async () => {
    await expect(execute('DROP STREAM nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await execute('DROP STREAM IF EXISTS nothing')
    await expect(execute('DROP SAVEPOINT nothing')).rejects.toMatchObject({
      message: 'DROP SAVEPOINT is not supported yet',
    })
  })

  it('of what others use is refused, and takes them along with CASCADE', async () => {
    await execute(
      `CREATE STREAM t (a INT); INSERT INTO t SELECT a FROM s; CREATE MATERIALIZED VIEW w AS SELECT a FROM v;`,
    )
    await expect(execute('DROP STREAM s')).rejects.toMatchObject({ message: '"s" is used by "insert_t_1", "v"' })
    await expect(execute('DROP STREAM t')).rejects.toMatchObject({ message: '"t" is used by "insert_t_1"' })
    await execute('DROP STREAM s CASCADE')
    expect(await names('query')).toEqual([])
    expect(await names('stream')).toEqual(['t'])
  })
})

describe('TERMINATE', () => {
  it('of an INSERT leaves the stream that it wrote', async () => {
    await execute('CREATE STREAM s (a INT); CREATE STREAM t (a INT); INSERT INTO t SELECT a FROM s;')
    await execute('TERMINATE QUERY insert_t_1')
    expect(await names('query')).toEqual([])
    expect(await names('stream')).toEqual(['s', 't'])
  })

  it('ALL ends queries that read each other', async () => {
    await execute(`CREATE STREAM s (a INT); CREATE MATERIALIZED VIEW a AS SELECT a FROM s;
      CREATE MATERIALIZED VIEW b AS SELECT a FROM a; CREATE SINK c FROM b WITH (connector = 'blackhole');`)
    await execute('TERMINATE ALL')
    expect(await names('query')).toEqual([])
  })
})

describe('CREATE', () => {
  it('OR REPLACE with a query that is refused leaves what is there', async () => {
    await execute('CREATE STREAM s (a INT); CREATE MATERIALIZED VIEW v AS SELECT a FROM s;')
    await expect(execute('CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT b FROM s')).rejects.toThrow('no column "b"')
    await expect(execute('CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT a FROM v')).rejects.toThrow('read itself')
    expect(await names('materialized-view')).toEqual(['v'])
    await execute('CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT a + 1 AS a FROM s')
    expect(await names('query')).toEqual(['v'])
  })

  it('VIEW IF NOT EXISTS leaves what is there', async () => {
    await execute(
      'CREATE STREAM s (a INT); CREATE VIEW v AS SELECT a FROM s; CREATE VIEW IF NOT EXISTS v AS SELECT a FROM s;',
    )
    expect((await runtime.describe('v')).sql).toContain('SELECT a FROM s')
  })

  it('SINK on the embedded log makes its topic, which stays when the sink goes', async () => {
    await execute(`CREATE STREAM s (a INT);
      CREATE SINK k FROM s WITH (connector = 'embedded', topic = 'out', partitions = 3) FORMAT PLAIN ENCODE JSON;`)
    expect((await runtime.list('topic')).find(({ name }) => name === 'out')?.detail).toMatch(/^3 partitions/)
    expect((await runtime.stats('k')).state).toBe('running')
    await execute('DROP SINK k; CREATE STREAM out (a INT) WITH (partitions = 3);')
    expect(await names('stream')).toEqual(['out', 's'])
  })
})

describe('scan.startup.mode of a stream', () => {
  it.each([
    ["'latest-offset'", 'latest'],
    ["'earliest'", 'earliest'],
    ["'timestamp', 'scan.startup.timestamp-millis' = '5'", 'timestamp 5'],
  ])('%s is where its queries begin', async (option, shown) => {
    await execute(`CREATE STREAM s (a INT) WITH ('scan.startup.mode' = ${option});`)
    let plan = ''
    for await (const result of runtime.execute('EXPLAIN CREATE MATERIALIZED VIEW v AS SELECT a FROM s')) {
      if (result.kind === 'text') plan = result.text
    }
    expect(plan).toContain(`from ${shown}`)
  })

  it('timestamp needs the time', async () => {
    await expect(execute("CREATE STREAM s (a INT) WITH ('scan.startup.mode' = 'timestamp')")).rejects.toThrow(
      'needs "scan.startup.timestamp-millis"',
    )
  })
})

describe('SET', () => {
  it('refuses what is no option, and values that an option can not have', async () => {
    await expect(execute("SET 'state.tll' = '1 day'")).rejects.toMatchObject({ hint: 'Did you mean "state.ttl"?' })
    await expect(execute("SET 'state.ttl' = 'soon'")).rejects.toThrow('is a duration')
  })
})

describe('INSERT … VALUES', () => {
  it('takes no NULL for a column that is NOT NULL, and then none of the rows', async () => {
    await execute('CREATE STREAM s (a INT NOT NULL);')
    await expect(execute('INSERT INTO s VALUES (1), (NULL)')).rejects.toThrow(
      'row 2 of VALUES: column "a" can\'t be NULL',
    )
    expect((await runtime.list('topic'))[0]?.detail).toContain('0 records')
  })
})
