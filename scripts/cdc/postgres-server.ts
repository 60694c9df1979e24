// A PostgreSQL of its own, with logical replication, as a process of this machine: Debian's package, or any other whose
// programs are found. Its data are in a temporary folder, and nothing is left of it.

import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { DeathGuard, shellWord } from '../kafka/death-guard.ts'
import { freePorts } from '../kafka/free-ports.ts'
import { saysOf } from '../maven-jars.ts'

const DEBIAN = '/usr/lib/postgresql'
const USER = 'postgres'

/** This machine can't run it; the message says what to install. */
export class PostgresMissingError extends Error {}

/** Why there can't be one here; `null` where there can. */
export async function postgresMissing(): Promise<string | null> {
  try {
    programsFolder()
    await ownerOfFiles()
    return null
  } catch (error) {
    if (!(error instanceof PostgresMissingError)) throw error
    return error.message
  }
}

export class PostgresServer implements AsyncDisposable {
  readonly port: number
  readonly user = USER
  readonly database = 'postgres'
  readonly #programs: string
  readonly #directory: string
  readonly #owner: Owner | undefined
  readonly #guard = new DeathGuard()

  private constructor(programs: string, port: number, directory: string, owner: Owner | undefined) {
    this.#programs = programs
    this.port = port
    this.#directory = directory
    this.#owner = owner
  }

  /** @throws PostgresMissingError where it is not there, or can't be run by this user. */
  static async start(): Promise<PostgresServer> {
    const programs = programsFolder()
    const owner = await ownerOfFiles()
    const [port = 0] = await freePorts(1)
    const directory = mkdtempSync(join(tmpdir(), 'weir-postgres-'))
    if (owner !== undefined) chownSync(directory, owner.uid, owner.gid)
    const server = new PostgresServer(programs, port, directory, owner)
    try {
      await server.#start()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  get url(): string {
    return `postgresql://${USER}@127.0.0.1:${this.port}/${this.database}`
  }

  /** As it stops when the power fails. */
  async kill(): Promise<void> {
    await this.#run('pg_ctl', ['stop', '-D', this.#data, '-m', 'immediate'])
  }

  /** With the data that it had. */
  async restart(): Promise<void> {
    await this.#launch()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill().catch(() => undefined)
    rmSync(this.#directory, { recursive: true, force: true })
    await this.#guard.release()
  }

  get #data(): string {
    return join(this.#directory, 'data')
  }

  async #start(): Promise<void> {
    await this.#run('initdb', ['-D', this.#data, '-U', USER, '--auth', 'trust', '--no-sync', '-E', 'UTF8'])
    const sockets = join(this.#directory, 'sockets')
    mkdirSync(sockets)
    if (this.#owner !== undefined) chownSync(sockets, this.#owner.uid, this.#owner.gid)
    await this.#launch()
    const stop = [join(this.#programs, 'pg_ctl'), 'stop', '-D', this.#data, '-m', 'immediate'].map(shellWord).join(' ')
    const asOwner = this.#owner === undefined ? stop : `su ${USER} -s /bin/sh -c ${shellWord(stop)}`
    this.#guard.set(`${asOwner}; rm -rf ${shellWord(this.#directory)}`)
  }

  async #launch(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: join(this.#directory, 'sockets'),
      wal_level: 'logical',
      fsync: 'off',
    }
    const options = Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' ')
    const log = join(this.#directory, 'log')
    await this.#run('pg_ctl', ['start', '-w', '-D', this.#data, '-l', log, '-o', options])
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    try {
      await promisify(execFile)(join(this.#programs, program), args, { ...this.#owner, cwd: this.#directory })
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
      throw new Error(`${program} failed:\n${stdout ?? ''}${stderr ?? ''}`)
    }
  }
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Debian's, the latest; else where the path has it. */
function programsFolder(): string {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...debian.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
  if (found !== undefined) return found
  throw new PostgresMissingError('PostgreSQL is not there (initdb, pg_ctl); on Debian: apt install postgresql')
}

/** PostgreSQL refuses to run as root: it then runs as the user that its package has made. */
async function ownerOfFiles(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number(await saysOf('id', [flag, USER]))))
  if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid }
  throw new PostgresMissingError(`PostgreSQL does not run as root, and there is no user "${USER}"`)
}
