// The documentation is run: its SQL on an engine, its commands against what exists, its links against the files.

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRuntime } from '../src/cli/local-runtime.ts'
import { printStatement } from '../src/cli/output/print-statement.ts'
import type { Terminal } from '../src/cli/terminal.ts'
import type { Runtime } from '../src/runtime/api.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...globSync(['docs/*.md', 'examples/*/README.md', 'deploy/**/README.md'], { cwd: ROOT }),
]

/** Commands of others; what they are given of this repository has to be there. */
const DEPLOYS = /^(docker|helm|kubectl) /

interface Block {
  readonly language: string
  readonly text: string
  /** For titles: where it begins. */
  readonly place: string
}

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    place: `${page}:${text.slice(0, match.index).split('\n').length}`,
  }))
}

const blocks = PAGES.flatMap(blocksOf)

/** What a statement prints on a terminal that is none. */
async function printed(runtime: Runtime, sql: string): Promise<string> {
  const out = new PassThrough()
  const terminal: Terminal = {
    in: new PassThrough(),
    out,
    err: new PassThrough().resume(),
    interactive: false,
    showsProgress: false,
    colour: { out: false, err: false },
    size: () => undefined,
  }
  for await (const result of runtime.execute(sql)) {
    // What does not end by itself is only begun: that it plans and opens is what is tested here.
    if (result.kind === 'rows' && result.results.continuous) await result.results.close()
    else await printStatement(result, { terminal, format: 'table' })
  }
  return String(out.read() ?? '')
}

describe('SQL in README.md', () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await openRuntime({ dataDir: undefined })
  })
  afterAll(() => runtime.close())

  const readme = blocksOf('README.md')
  const sql = readme.filter(({ language }) => language === 'sql')

  it.each(sql)('runs: $place', async ({ text }) => {
    await printed(runtime, text)
  })

  it('gives the result that stands under the first session', async () => {
    const expected = readme[readme.findIndex(({ language }) => language === 'sql') + 1]?.text
    // The view is filled by a query of its own, which is a moment behind the INSERT.
    await expect.poll(() => printed(runtime, 'SELECT * FROM orders_per_region;'), { timeout: 10_000 }).toBe(expected)
  })
})

describe('commands in the documentation', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const commands = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text, place }) =>
      text
        .trim()
        .split(/\n| && /)
        .map((line) => ({ line: line.trim(), place })),
    )

  it.each(commands.filter(({ line }) => line.startsWith('npm ')))('$place: $line', ({ line }) => {
    const [, command = '', script = ''] = line.split(/\s+/)
    if (command === 'run') expect(scripts).toHaveProperty(script)
    else expect(['ci', 'test', 'start']).toContain(command)
  })

  it.each(commands.filter(({ line }) => /^(npx )?weir /.test(line)))('$place: $line', ({ line }) => {
    const [, command = '', ...args] = line.replace(/^npx /, '').split(/\s+/)
    const help = helpOf(command === 'token' ? [command, args[0] ?? ''] : [command])
    for (const option of args.filter((arg) => arg.startsWith('-'))) expect(help).toMatch(new RegExp(`${option}[ ,]`))
    for (const path of args.filter((arg) => arg.startsWith('examples/')))
      expect(existsSync(join(ROOT, path))).toBe(true)
  })

  it.each(commands.filter(({ line }) => line.startsWith('npx node ')))('$place: $line', ({ line }) => {
    expect(existsSync(join(ROOT, line.split(/\s+/)[2] ?? ''))).toBe(true)
  })

  it.each(commands.filter(({ line }) => DEPLOYS.test(line)))('$place: $line', ({ line }) => {
    for (const path of line.split(/\s+/).filter((arg) => arg.startsWith('deploy/')))
      expect(existsSync(join(ROOT, path))).toBe(true)
  })

  it('are of a kind that is checked', () => {
    const known = new RegExp(`^(npm |npx node |(npx )?weir )|${DEPLOYS.source}`)
    expect(commands.filter(({ line }) => !known.test(line))).toEqual([])
  })

  it('name scripts that exist in their tables', () => {
    const named = PAGES.flatMap((page) => [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`npm run ([\w:-]+)/g)])
    for (const [, script = ''] of named) expect(scripts).toHaveProperty(script)
  })
})

function helpOf(command: readonly string[]): string {
  const args = [join(ROOT, 'src/cli/weir.ts'), ...command, '--help']
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
  expect(status).toBe(0)
  return stdout
}

describe('links in the documentation', () => {
  it.each(PAGES)('%s', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target = '']) => target)
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
  })
})
