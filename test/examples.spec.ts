// Every example runs as its README says, through the command that a user types, and gives what stands beside it.
// `UPDATE=1` writes the expected results; read the diff.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const EXAMPLES = readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

describe.each(EXAMPLES)('examples/%s', (name) => {
  const file = (part: string) => join(ROOT, 'examples', name, part)

  it('gives what is expected', () => {
    const args = [join(ROOT, 'src/cli/weir.ts'), 'run', `examples/${name}/query.sql`]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(status, stderr).toBe(0)
    if (process.env['UPDATE'] === '1') writeFileSync(file('expected.txt'), stdout)
    expect(stdout).toBe(readFileSync(file('expected.txt'), 'utf8'))
    expect(stdout.trim().split('\n').length).toBeGreaterThan(2)
  })

  it('says how it is run', () => {
    expect(existsSync(file('data.jsonl'))).toBe(true)
    expect(readFileSync(file('README.md'), 'utf8')).toContain(`npx weir run examples/${name}/query.sql`)
  })
})
