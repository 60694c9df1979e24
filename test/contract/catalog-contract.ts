import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CatalogChange, CatalogStore } from '../../src/adapters/storage.ts'
import { codeOf } from '../harness/log-records.ts'

/** What every catalog store does, whether one process has it or many share it. */
export interface CatalogFixture {
  readonly catalog: CatalogStore
  /** Opens again what is kept; memory gives the same store. */
  reopen(): Promise<CatalogStore>
  close(): Promise<void>
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1))

export function describeCatalog(name: string, open: () => Promise<CatalogFixture>): void {
  describe(`catalog contract: ${name}`, () => {
    let fixture: CatalogFixture
    let catalog: CatalogStore
    beforeEach(async () => {
      fixture = await open()
      catalog = fixture.catalog
    })
    afterEach(() => fixture.close())

    test('it is ordered, its batches are whole, and it is there after opening again', async () => {
      await catalog.put('query/b', '{"b":1}')
      await catalog.write([
        { key: 'query/a', text: '{}' },
        { key: 'query/b', text: undefined },
        { key: 'relation/ü', text: '"ü"' },
      ])
      expect(catalog.list('query/')).toEqual([['query/a', '{}']])
      expect(catalog.list('')).toEqual([
        ['query/a', '{}'],
        ['relation/ü', '"ü"'],
      ])
      await catalog.delete('query/a')
      expect(catalog.get('query/a')).toBeUndefined()
      expect(await codeOf(() => catalog.put('x'.repeat(1901), ''))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => catalog.put('', ''))).toBe('INVALID_ARGUMENT')
      await catalog.put('x'.repeat(1900), 'long')
      catalog = await fixture.reopen()
      expect(catalog.get('x'.repeat(1900))).toBe('long')
      expect(catalog.get('relation/ü')).toBe('"ü"')
      expect(catalog.list('query/')).toEqual([])
    })

    test('listeners have each write as a whole, in order, before it resolves', async () => {
      const seen: (readonly CatalogChange[])[] = []
      const stop = catalog.onChange((changes) => seen.push(changes))
      const first = [
        { key: 'a', text: '1' },
        { key: 'b', text: '2' },
      ]
      const writes = [catalog.write(first), catalog.write([{ key: 'a', text: undefined }])]
      await writes[0]
      expect(seen[0]).toEqual(first)
      await writes[1]
      expect(seen).toEqual([first, [{ key: 'a', text: undefined }]])
      expect(catalog.list('')).toEqual([['b', '2']])
      stop()
      await catalog.put('c', '3')
      expect(seen).toHaveLength(2)
    })

    test('what runs exclusively runs alone, and may write and run so again inside', async () => {
      const seen: string[] = []
      const one = (name: string) =>
        catalog.exclusively(async () => {
          seen.push(`${name} sees ${catalog.get('n') ?? 'nothing'}`)
          await turn()
          await catalog.exclusively(() => catalog.put('n', name))
          seen.push(`${name} wrote ${catalog.get('n')}`)
        })
      await Promise.all([one('a'), one('b')])
      expect(seen).toEqual(['a sees nothing', 'a wrote a', 'b sees a', 'b wrote b'])
    })

    test('a failure inside is the failure of the whole, and the next one runs', async () => {
      const failing = catalog.exclusively(async () => {
        throw new Error('inside')
      })
      await expect(failing).rejects.toThrow('inside')
      expect(await catalog.exclusively(async () => 'next')).toBe('next')
    })
  })
}
