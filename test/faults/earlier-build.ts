// An earlier state of this program to upgrade from, built from the history of the repository: the last one before
// catalog entries and checkpoints said which version they are. It runs with the packages of today.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const COMMIT = '5dbb1128fe7ab64b13ac0d4ca717500ad057357c'
const ROOT = join(import.meta.dirname, '../..')
const SOURCES = [
  'grammar',
  'src',
  'proto',
  'clients/typescript',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

export interface EarlierBuild extends Disposable {
  /** What a process runs. */
  readonly main: string
}

/** Why it can't be built here, or null. */
export function earlierBuildMissing(): string | null {
  const { status } = spawnSync('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { cwd: ROOT, stdio: 'ignore' })
  return status === 0 ? null : 'the history is not here: git fetch --unshallow'
}

export function buildEarlier(): EarlierBuild {
  // Inside node_modules, so that imports resolve.
  const folder = join(ROOT, 'node_modules/.cache', `weir-earlier-${process.pid}`)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    mkdirSync(folder, { recursive: true })
    const archive = join(folder, 'sources.tar')
    execFileSync('git', ['archive', '--output', archive, COMMIT, ...SOURCES], { cwd: ROOT })
    execFileSync('tar', ['-xf', archive], { cwd: folder })
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', 'dist', '--incremental', 'false'], { cwd: folder })
  } catch (error) {
    remove()
    throw error
  }
  return { main: join(folder, 'dist/src/main.js'), [Symbol.dispose]: remove }
}
