// What the audit log says of what real callers did.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { GuardedServer } from '../../../test/harness/guarded-server.ts'
import { REFUSALS_PER_SECOND_MAX } from './audit.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function audited() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  const auditFile = join(folder, 'audit.jsonl')
  const server = await GuardedServer.start({ auditFile })
  cleanups.push(() => server[Symbol.asyncDispose]())
  const lines = () =>
    readFileSync(auditFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { server, lines, text: () => readFileSync(auditFile, 'utf8') }
}

const quiet = (call: Promise<unknown>) => call.catch(() => undefined)
const facts = ({ who, method, statement, objects, outcome, code }: Record<string, unknown>) =>
  [who, String(method).split('/').at(-1), statement, objects, outcome, code].filter((one) => one !== undefined)

describe('the audit log', () => {
  it('has a line for each statement that changes something, with its outcome, and none for the others', async () => {
    const { server, lines } = await audited()
    const ann = await server.client('ann', ['admin'])
    await ann.execute(`CREATE STREAM a (id BIGINT); SHOW STREAMS; INSERT INTO a VALUES (4711); SELECT 1 AS one;
      CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS n FROM a EMIT CHANGES`)
    await quiet(ann.execute('CREATE STREAM a (id BIGINT); DROP STREAM a'))
    await quiet(ann.execute('SELECT nothing FROM a'))
    await ann.pauseQuery('v')
    await quiet(ann.dropQuery('w'))
    await ann.describeObject('v')
    await expect
      .poll(() => lines().map(facts))
      .toEqual([
        ['ann', 'Execute', 'CREATE STREAM', ['a'], 'done'],
        ['ann', 'Execute', 'INSERT', ['a'], 'done'],
        ['ann', 'Execute', 'CREATE MATERIALIZED VIEW', ['v', 'a'], 'done'],
        ['ann', 'Execute', 'CREATE STREAM', ['a'], 'failed', 'ALREADY_EXISTS'],
        ['ann', 'PauseQuery', 'PauseQuery', ['v'], 'done'],
        ['ann', 'DropQuery', 'DropQuery', ['w'], 'failed', 'NOT_FOUND'],
      ])
    expect(lines()[0]).toMatchObject({ audit: 'statement', by: 'token', time: expect.stringMatching(/^20.*Z$/) })
    expect(lines()[0]?.['peer']).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('has a line for each refusal: of a right, of a caller, of a method', async () => {
    const { server, lines } = await audited()
    const bob = await server.client('bob', ['read:b*'])
    await quiet(bob.execute('CREATE STREAM b AS SELECT * FROM secret'))
    await quiet(bob.query('SELECT * FROM secret').toArray())
    await quiet(bob.subscribe('secret')[Symbol.asyncIterator]().next())
    await quiet((await server.connect('weir_wrong')).listObjects())
    await quiet((await server.connect()).listObjects())
    await expect
      .poll(() => lines().map(facts))
      .toEqual([
        ['bob', 'Execute', 'CREATE AS', ['b', 'secret'], 'refused', 'PERMISSION_DENIED'],
        ['bob', 'Query', 'SELECT', ['secret'], 'refused', 'PERMISSION_DENIED'],
        ['bob', 'Subscribe', 'Subscribe', ['secret'], 'refused', 'PERMISSION_DENIED'],
        ['ListObjects', 'refused', 'UNAUTHENTICATED'],
        ['ListObjects', 'refused', 'UNAUTHENTICATED'],
      ])
  })

  it('has no text of a statement, no value and no token', async () => {
    const { server, text } = await audited()
    const ann = await server.client('ann', ['admin'])
    const token = await server.token('ann', ['admin'])
    await ann.execute("CREATE STREAM a (id BIGINT, t STRING); INSERT INTO a VALUES (1, 'canary-value')")
    await quiet(ann.execute("INSERT INTO a VALUES ('canary', 'canary', 'canary')"))
    await quiet((await server.connect('weir_canary')).listObjects())
    await expect.poll(text).toContain('UNAUTHENTICATED')
    expect(text()).not.toMatch(/canary|VALUES|BIGINT/)
    expect(text()).not.toContain(token)
  })

  it('is not filled by callers whom nobody knows', async () => {
    const { server, lines } = await audited()
    const stranger = await server.connect('weir_wrong')
    const flood = () => Promise.all(Array.from({ length: 500 }, () => quiet(stranger.listObjects())))
    await flood()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await quiet(stranger.listObjects())
    await expect.poll(() => lines().some(({ unwritten }) => Number(unwritten) > 0)).toBe(true)
    const unwritten = lines().reduce((sum, line) => sum + Number(line['unwritten'] ?? 0), 0)
    const written = lines().filter(({ code }) => code === 'UNAUTHENTICATED').length
    expect(written + unwritten).toBe(501)
    const bySecond = Map.groupBy(lines(), ({ time }) => String(time).slice(0, 19))
    for (const some of bySecond.values()) expect(some.length).toBeLessThanOrEqual(REFUSALS_PER_SECOND_MAX + 1)
  })
})
