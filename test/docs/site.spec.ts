import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SIDEBAR } from '../../docs/.vitepress/sidebar.ts'

const ROOT = join(import.meta.dirname, '../..')
const linked = SIDEBAR.flatMap(({ items }) => items.map(({ link }) => `${link.slice(1)}.md`))

describe('the site of the documentation', () => {
  it('has every page of docs/ in its sidebar, and every example and client', () => {
    // Decision records are listed by themselves.
    const patterns = [
      'docs/*.md',
      'docs/sql/*.md',
      'docs/guides/*.md',
      'examples/*/README.md',
      'clients/{typescript,python,go,java}/README.md',
    ]
    const pages = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    expect(pages.filter((page) => !linked.includes(page))).toEqual([])
  })

  it('has nothing in it that is not there, and nothing twice', () => {
    expect(linked.filter((page) => globSync(page, { cwd: ROOT }).length === 0)).toEqual([])
    expect(new Set(linked).size).toBe(linked.length)
  })
})
