import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { Table } from './commit-queue.ts'
import { decodeText, encodeText, textKey } from './keys.ts'

/**
 * One process a data directory. Node has no flock, a pid in a file is a guess (pids repeat, and mean nothing in another
 * container), and a file made with O_EXCL outlives a kill. So two things that the kernel keeps are combined:
 *
 * - Who owns the directory listens on a Unix socket in it, under a name that is never used twice. The kernel closes the
 *   socket with the process, however it dies, and accepts connections for one that is merely busy or stopped. A
 *   socket file is found by its inode, so this holds across containers that share a volume.
 * - LMDB's write lock makes compare-and-set of the owner's record atomic between processes. Who finds the recorded
 * owner
 *   dead takes over only if the record is still the one it looked at: of two that start at once, one wins.
 */
const OWNER = textKey('owner', '')
const SOCKET_NAME = /^owner-[0-9a-f]{16}\.sock$/
/** sun_path has 108 bytes on Linux, 104 on macOS. */
const SOCKET_PATH_BYTES_MAX = 100

interface Owner {
  readonly socket: string
  readonly pid: number
  readonly host: string
}

export class DirectoryLock {
  readonly #path: string
  readonly #server: Server
  readonly #socket: string
  readonly #directory: number | undefined

  private constructor(path: string, server: Server, socket: string, directory: number | undefined) {
    this.#path = path
    this.#server = server
    this.#socket = socket
    this.#directory = directory
  }

  /** Throws DATA_DIRECTORY_IN_USE. */
  static async acquire(path: string, meta: Table): Promise<DirectoryLock> {
    const name = `owner-${randomBytes(8).toString('hex')}.sock`
    const { directory, prefix } = socketDirectory(path)
    const server = await listen(join(prefix, name))
    const lock = new DirectoryLock(path, server, name, directory)
    try {
      for (;;) {
        const recorded = meta.get(OWNER)
        const owner = recorded === undefined ? undefined : (JSON.parse(decodeText(recorded)) as Owner)
        if (owner !== undefined && (await isAlive(join(prefix, owner.socket)))) throw inUse(path, owner)
        if (compareAndSet(meta, recorded, { socket: name, pid: process.pid, host: hostname() })) break
      }
    } catch (error) {
      await lock.release()
      throw error
    }
    lock.#removeStale()
    return lock
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    rmSync(join(this.#path, this.#socket), { force: true })
    if (this.#directory !== undefined) closeSync(this.#directory)
  }

  /** Sockets of processes that were killed. A name is never used twice, so none of them can come to life. */
  #removeStale(): void {
    for (const name of readdirSync(this.#path)) {
      if (SOCKET_NAME.test(name) && name !== this.#socket) rmSync(join(this.#path, name), { force: true })
    }
  }
}

function compareAndSet(meta: Table, expected: Uint8Array | undefined, owner: Owner): boolean {
  return meta.transactionSync(() => {
    const current = meta.get(OWNER)
    const same = current === undefined ? expected === undefined : expected !== undefined && equal(current, expected)
    if (same) meta.putSync(OWNER, encodeText(JSON.stringify(owner)))
    return same
  })
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** A long path does not fit a socket address: on Linux the open directory is a short name for it. */
function socketDirectory(path: string): { directory: number | undefined; prefix: string } {
  if (Buffer.byteLength(path) + 28 <= SOCKET_PATH_BYTES_MAX) return { directory: undefined, prefix: path }
  if (process.platform !== 'linux') {
    throw new AppError('INVALID_ARGUMENT', `the path of data directory "${path}" is too long`, {
      hint: `Use a path of at most ${SOCKET_PATH_BYTES_MAX - 28} bytes.`,
    })
  }
  const directory = openSync(path, 'r')
  return { directory, prefix: `/proc/self/fd/${directory}` }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(path, () => {
      server.unref()
      resolve(server)
    })
  })
}

/** Only a refused connection or a missing socket proves that the owner is dead; everything else counts as alive. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.destroy()
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

export function inUse(path: string, owner: { readonly pid: number; readonly host: string }): AppError {
  const where = owner.host === hostname() ? '' : ` on host "${owner.host}"`
  return new AppError('DATA_DIRECTORY_IN_USE', `data directory "${path}" is in use by process ${owner.pid}${where}`, {
    hint: 'Stop that process, or start this one with another data directory.',
  })
}
