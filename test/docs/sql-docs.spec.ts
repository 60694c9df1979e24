// The pages about SQL are run: a statement that the engine refuses, or a result that is not the one shown, fails here.
// UPDATE=1 writes the results into the pages; the diff is reviewed like code.

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ShownResult, sqlBlocks, withResults } from './page.ts'
import { PageRun } from './run-block.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['docs/README.md', ...globSync('docs/sql/*.md', { cwd: ROOT }).sort()]
const UPDATE = process.env['UPDATE'] === '1'

describe.each(PAGES)('%s', (page) => {
  const path = join(ROOT, page)
  const text = readFileSync(path, 'utf8')
  const blocks = sqlBlocks(text)
  const results = new Map<ShownResult, string>()
  let run: PageRun

  beforeAll(async () => {
    run = await PageRun.open()
  })
  afterAll(async () => {
    await run.close()
    if (UPDATE && results.size > 0) writeFileSync(path, withResults(text, results))
  })

  it.each(blocks)('line $line', async (block) => {
    const { shown } = block
    const result = await run.run(block)
    if (shown === undefined) return
    if (UPDATE) results.set(shown, result)
    else expect(result).toBe(shown.text)
  })

  it('links to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target = '']) => target)
    expect(targets.filter((target) => !existsSync(join(dirname(path), target)))).toEqual([])
  })

  it('links to headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)]
    const broken = links.filter(([, file = '', anchor = '']) => {
      const target = file === '' ? path : join(dirname(path), file)
      return existsSync(target) && !anchorsOf(readFileSync(target, 'utf8')).has(anchor)
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

/** Headings as the common hosts make anchors of them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = markdown.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  )
}
