// The clients that there are, each with what it needs to run its driver. What is fetched or built is kept under
// node_modules/.cache/clients; a language whose tools are not here is skipped, with the reason.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { missingTools, saysOf } from '../../scripts/maven-jars.ts'
import type { Driver } from './run-cases.ts'

const root = join(import.meta.dirname, '../..')
const clients = join(root, 'clients')
const cache = join(root, 'node_modules/.cache/clients')

/** The tools of a language are not here; the message says what is missing. */
export class ToolsMissingError extends Error {}

export interface Language {
  readonly name: string
  /**
   * Builds the driver, if it has to be.
   *
   * @throws ToolsMissingError
   */
  readonly prepare: () => Promise<Driver>
}

export const LANGUAGES: readonly Language[] = [
  {
    name: 'typescript',
    prepare: async () => ({ command: process.execPath, args: [join(clients, 'typescript/conformance/driver.ts')] }),
  },
  { name: 'python', prepare: () => preparePython('driver.py') },
  { name: 'python-asyncio', prepare: () => preparePython('driver_asyncio.py') },
  { name: 'go', prepare: prepareGo },
  { name: 'java', prepare: prepareJava },
]

const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11']
const PYTHON_MINOR = 11

async function preparePython(driver: string): Promise<Driver> {
  const project = join(clients, 'python')
  const found = await findPython()
  if (found === undefined) throw new ToolsMissingError(`Python 3.${PYTHON_MINOR} or later with venv is not here`)
  const environment = join(cache, `python-${keyOf(found.version, join(project, 'pyproject.toml'))}`)
  const python = join(environment, 'bin/python')
  await once(environment, async () => {
    await run(found.command, ['-m', 'venv', environment])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--editable', project])
  })
  return { command: python, args: [join(project, 'conformance', driver)] }
}

async function findPython(): Promise<{ command: string; version: string } | undefined> {
  for (const command of PYTHONS) {
    const version = await saysOf(command, ['-c', 'import ensurepip, sys, venv; print(sys.version)'])
    if (Number(/^3\.(\d+)/.exec(version ?? '')?.[1] ?? 0) >= PYTHON_MINOR) return { command, version: version ?? '' }
  }
  return undefined
}

const GO_MINOR = 25

async function prepareGo(): Promise<Driver> {
  const version = await saysOf('go', ['version'])
  if (Number(/go1\.(\d+)/.exec(version ?? '')?.[1] ?? 0) < GO_MINOR) {
    throw new ToolsMissingError(`Go 1.${GO_MINOR} or later is not here`)
  }
  // Go keeps what it has built by itself.
  const command = join(cache, 'go-driver')
  await run('go', ['build', '-o', command, './internal/conformance'], join(clients, 'go'))
  return { command, args: [] }
}

const CLASS_PATH = ['-q', '-B', 'test-compile', 'dependency:build-classpath', '-Dmdep.includeScope=test']

async function prepareJava(): Promise<Driver> {
  const project = join(clients, 'java')
  const java = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin/java')
  const tools = { java: await saysOf(java, ['-version']), maven: await saysOf('mvn', ['-version']) }
  const problem = missingTools('the Java client', tools)
  if (problem !== undefined) throw new ToolsMissingError(problem)
  const sources = globSync(['clients/java/pom.xml', 'clients/java/src/**/*.java', 'proto/weir/v1/*.proto'], {
    cwd: root,
  })
  // Beside the classes, so that what removes them removes it.
  const built = join(
    project,
    'target',
    `built-${keyOf(tools.java ?? '', ...sources.sort().map((path) => join(root, path)))}`,
  )
  await once(built, () => run('mvn', [...CLASS_PATH, `-Dmdep.outputFile=${join(built, 'class-path')}`], project))
  const libraries = readFileSync(join(built, 'class-path'), 'utf8').trim()
  const classPath = [join(project, 'target/classes'), join(project, 'target/test-classes'), libraries].join(':')
  return { command: java, args: ['-cp', classPath, 'dev.weir.client.conformance.Driver'] }
}

/** Of everything that what is kept depends on. */
function keyOf(version: string, ...files: readonly string[]): string {
  const hash = createHash('sha256').update(version)
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

/** Makes a folder, unless it was made to its end. */
async function once(folder: string, make: () => Promise<void>): Promise<void> {
  const made = join(folder, '.complete')
  if (existsSync(made)) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await make()
  writeFileSync(made, '')
}

const OUTPUT_SHOWN = 4_000

async function run(command: string, args: readonly string[], cwd = root): Promise<void> {
  try {
    await promisify(execFile)(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')}:\n${`${stdout}${stderr}`.slice(-OUTPUT_SHOWN)}`)
  }
}
