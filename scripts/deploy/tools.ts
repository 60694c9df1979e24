// The tools that check what is in deploy/, without Docker and without a cluster: Helm, kubeconform and the parser of
// Compose, built from their Go modules once, at fixed versions, into `node_modules/.cache`; Prometheus and its promtool
// from where they are, or out of Debian's package.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saysOf } from '../maven-jars.ts'

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/deploy')

interface GoTool {
  readonly package: string
  readonly version: string
}

const GO_TOOLS = {
  helm: { package: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' },
  kubeconform: { package: 'github.com/yannh/kubeconform/cmd/kubeconform', version: 'v0.8.0' },
  compose: { package: 'github.com/compose-spec/compose-go/v2/cmd', version: 'v2.16.2' },
} satisfies Record<string, GoTool>

/** Paths of programs. */
export type DeployTools = Readonly<Record<keyof typeof GO_TOOLS, string>>

/** From then on Go fetches the newer one that a module asks for. */
const GO_VERSION = '1.21'

/** This machine can't have them; the message says what to install. The cause is there where an attempt failed. */
export class ToolMissingError extends Error {}

/** @throws ToolMissingError where Go is not there and they have not been built before. */
export async function prepareTools(onProgress: (line: string) => void = () => {}): Promise<DeployTools> {
  const paths: Partial<Record<keyof typeof GO_TOOLS, string>> = {}
  // One after the other: each compiles on all cores.
  for (const name of Object.keys(GO_TOOLS) as (keyof typeof GO_TOOLS)[]) {
    paths[name] = await prepareGoTool(name, GO_TOOLS[name], onProgress)
  }
  return paths as DeployTools
}

async function prepareGoTool(name: string, tool: GoTool, onProgress: (line: string) => void): Promise<string> {
  const path = join(CACHE, `${name}-${tool.version}`)
  if (existsSync(path)) return path
  if ((await saysOf('go', ['version'])) === undefined) {
    throw new ToolMissingError(`${name} is built by Go ${GO_VERSION} or later, which is not on the path`)
  }
  onProgress(`building ${name} ${tool.version}: minutes, once`)
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'partial-'))
  try {
    const module = `${tool.package}@${tool.version}`
    await run('go', ['install', '-ldflags=-s -w', module], { ...process.env, GOBIN: folder })
    const [program] = readdirSync(folder)
    if (program === undefined) throw new Error(`go install ${module} has left no program`)
    renameSync(join(folder, program), path)
    return path
  } catch (error) {
    throw new ToolMissingError(`${name} ${tool.version} is not to be had: ${messageOf(error)}`, { cause: error })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const PROMETHEUS_TOOLS = ['prometheus', 'promtool'] as const

/** Paths of programs. */
export type PrometheusTools = Readonly<Record<(typeof PROMETHEUS_TOOLS)[number], string>>

/** @throws ToolMissingError */
export async function preparePrometheus(onProgress: (line: string) => void = () => {}): Promise<PrometheusTools> {
  const says = await Promise.all(PROMETHEUS_TOOLS.map((name) => saysOf(name, ['--version'])))
  if (!says.includes(undefined)) return { prometheus: 'prometheus', promtool: 'promtool' }
  const tools = { prometheus: join(CACHE, 'prometheus'), promtool: join(CACHE, 'promtool') }
  if (Object.values(tools).every(existsSync)) return tools
  onProgress('fetching Prometheus: 40 MB, once')
  mkdirSync(CACHE, { recursive: true })
  // Not below the checkout: apt drops its rights to a user who may not read that.
  const folder = mkdtempSync(join(tmpdir(), 'weir-prometheus-'))
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    await run('apt-get', ['download', '--quiet', 'prometheus'], process.env, folder)
    const [archive] = readdirSync(folder)
    if (archive === undefined) throw new Error('apt-get download has left no package')
    await run('dpkg-deb', ['--extract', join(folder, archive), partial])
    for (const name of PROMETHEUS_TOOLS) renameSync(join(partial, 'usr/bin', name), tools[name])
    return tools
  } catch (error) {
    const why = messageOf(error)
    throw new ToolMissingError(
      `prometheus and promtool are not on the path, and not to be had (${why}): apt install prometheus`,
    )
  } finally {
    for (const left of [folder, partial]) rmSync(left, { recursive: true, force: true })
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd?: string,
): Promise<void> {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${said.trim().split('\n').at(-1) ?? ''}`)
}
