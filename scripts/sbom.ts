// `npm run sbom`: what the product is made of, as CycloneDX, by npm from package-lock.json. npm's own way to leave out
// what is for development, `--omit dev`, leaves out what the product and a tool have in common as well: here it is
// everything that the dependencies lead to.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

interface Bom {
  readonly components: readonly { readonly 'bom-ref': string; readonly name: string }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly metadata: { readonly component: { readonly 'bom-ref': string; readonly name: string } }
}

const flags = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
const bom = JSON.parse(execFileSync('npm', ['sbom', ...flags], { cwd: ROOT, encoding: 'utf8' })) as Bom
const { name, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
}

const product = bom.metadata.component['bom-ref']
const names = new Map(bom.components.map((component) => [component['bom-ref'], component.name]))
const next = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
const direct = (next.get(product) ?? []).filter((ref) => (names.get(ref) ?? '') in dependencies)
const needed = new Set(direct)
// A set goes on over what is added meanwhile.
for (const ref of needed) for (const one of next.get(ref) ?? []) needed.add(one)

const whole = {
  ...bom,
  // npm takes the name of the folder.
  metadata: { ...bom.metadata, component: { ...bom.metadata.component, name } },
  components: bom.components.filter((component) => needed.has(component['bom-ref'])),
  dependencies: bom.dependencies
    .filter(({ ref }) => ref === product || needed.has(ref))
    .map((one) => (one.ref === product ? { ...one, dependsOn: direct } : one)),
}
process.stdout.write(`${JSON.stringify(whole, null, 2)}\n`)
