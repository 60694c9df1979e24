import { describe, expect, it } from 'vitest'
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, pageOf } from './page.ts'

const names = (count: number) => Array.from({ length: count }, (_, i) => `n${String(i).padStart(5, '0')}`)
const page = (items: readonly string[], pageSize: number, pageToken = '', list = 'l') =>
  pageOf(items, (item) => item, { pageSize, pageToken }, list)

describe('pageOf', () => {
  it('walks a list in order, each entry once', () => {
    const all = names(25)
    const seen: string[] = []
    for (let token = ''; ; ) {
      const { items, nextPageToken } = page([...all].reverse(), 10, token)
      seen.push(...items)
      if (nextPageToken === '') break
      token = nextPageToken
    }
    expect(seen).toEqual(all)
  })

  it('takes 0 for the default, cuts what is more than the maximum, and refuses less than 0', () => {
    expect(page(names(PAGE_SIZE_DEFAULT + 1), 0).items.length).toBe(PAGE_SIZE_DEFAULT)
    expect(page(names(PAGE_SIZE_MAX + 1), PAGE_SIZE_MAX + 1).items.length).toBe(PAGE_SIZE_MAX)
    expect(() => page(names(1), -1)).toThrow('page_size is negative')
  })

  it('ends with an empty token exactly at the end', () => {
    expect(page(names(10), 10).nextPageToken).toBe('')
    expect(page(names(11), 10).nextPageToken).not.toBe('')
    expect(page([], 10)).toEqual({ items: [], nextPageToken: '' })
  })

  it('doubles nothing when the list changes between two pages', () => {
    const { nextPageToken } = page(['a', 'c', 'e'], 2)
    expect(page(['a', 'b', 'c', 'd', 'e'], 10, nextPageToken).items).toEqual(['d', 'e'])
  })

  it('refuses the token of another list, and what is no token', () => {
    const { nextPageToken } = page(names(3), 1, '', 'streams')
    for (const token of [nextPageToken, 'x', '%%%'])
      expect(() => page(names(3), 1, token, 'tables')).toThrow('page_token')
  })
})
