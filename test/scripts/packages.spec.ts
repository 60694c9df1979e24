// What comes with the packages that are installed: scripts that would run, and what the product is made of.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

interface LockedPackage {
  readonly hasInstallScript?: true
  readonly integrity?: string
  /** Only for development. */
  readonly dev?: true
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface Bom {
  readonly bomFormat: string
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly hashes?: readonly object[]
  }[]
}

const manifest = JSON.parse(read('package.json')) as {
  readonly allowScripts: Readonly<Record<string, boolean>>
  readonly dependencies: Readonly<Record<string, string>>
}
const installed = Object.entries((JSON.parse(read('package-lock.json')) as Lock).packages).filter(
  ([path]) => path !== '',
)
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

describe('packages', () => {
  it('that run something when they are installed are named, and allowed only where that is Node itself', () => {
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path))
    expect(Object.keys(manifest.allowScripts).sort()).toEqual([...new Set(scripts)].sort())
    const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed)
    expect(allowed.map(([name]) => name)).toEqual(['node'])
    const page = read('docs/security.md')
    expect(scripts.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it('of the product are there without those for development', () => {
    const isMissing = (name: string) => installed.find(([path]) => path === `node_modules/${name}`)?.[1].dev ?? false
    expect(Object.keys(manifest.dependencies).filter(isMissing)).toEqual([])
  })

  it('have a hash, so that none is replaced by another of its version', () => {
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([])
  })
})

it('npm run sbom lists what the product needs, with hashes, and nothing that is for development', () => {
  const bom = JSON.parse(execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, encoding: 'utf8' })) as Bom
  expect(bom.bomFormat).toBe('CycloneDX')
  const names = bom.components.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)))
  for (const tool of ['typescript', 'vitest', '@biomejs/biome', 'knip']) expect(names).not.toContain(tool)
  expect(bom.components.filter(({ hashes = [] }) => hashes.length === 0).map(({ name }) => name)).toEqual([])
})
