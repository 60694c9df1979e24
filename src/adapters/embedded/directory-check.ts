import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { diskFull } from './commit-queue.ts'
import { dataFileDamage } from './lmdb-file.ts'

/**
 * What is looked at before LMDB opens a data directory. LMDB maps its file into memory: a cut-off file or a file system
 * that is not local does not give an error there but ends the process, so both are found out here.
 */
export const FORMAT_VERSION = 1
const FORMAT_FILE = 'FORMAT'
const FORMAT_HEAD = 'weir data directory, version '
const DATA_FILE = 'data.mdb'

/** Room for LMDB's lock file and first pages; with less it ends with a bus error while opening. */
const FREE_BYTES_MIN = 1024 * 1024

/** Numbers of statfs(2) on Linux, where memory maps and locks of one host are not those of the next. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
])

/** The name of a file system that can't hold a data directory, or undefined. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0)
}

/** Makes the directory when it is missing, and throws AppError when it can't hold data. */
export function prepareDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    for (const name of [DATA_FILE, 'lock.mdb']) {
      if (existsSync(join(path, name))) accessSync(join(path, name), constants.R_OK | constants.W_OK)
    }
  } catch (error) {
    throw directoryError(error, path)
  }
  const { type, bavail, bsize } = statfsSync(path)
  const network = process.platform === 'linux' ? networkFileSystem(Number(type)) : undefined
  if (network !== undefined) {
    throw new AppError('NOT_SUPPORTED', `data directory "${path}" lies on a ${network} file system`, {
      hint: 'Use a local disk or a block device: memory maps and locks are not safe over a network file system.',
    })
  }
  if (bavail * bsize < FREE_BYTES_MIN) throw diskFull(path)
}

/** Looks at an existing directory; true when it holds data of this program. Throws AppError. */
export function checkDirectory(path: string): boolean {
  const format = join(path, FORMAT_FILE)
  const data = join(path, DATA_FILE)
  if (existsSync(format)) {
    const text = readFileSync(format, 'utf8')
    const version = text.startsWith(FORMAT_HEAD) ? Number(text.slice(FORMAT_HEAD.length).trim()) : Number.NaN
    if (!Number.isInteger(version) || version < 1) throw corrupt(path, `file ${FORMAT_FILE} is damaged`)
    checkVersion(path, version)
    if (!existsSync(data)) throw corrupt(path, `file ${DATA_FILE} is missing`)
  } else if (!existsSync(data)) {
    const strange = readdirSync(path).filter(
      (name) => name !== 'lost+found' && name !== 'lock.mdb' && !name.endsWith('.sock'),
    )
    if (strange.length === 0) return false
    throw new AppError('FAILED_PRECONDITION', `directory "${path}" is not empty and holds no data of weir`, {
      hint: 'Give an empty directory, or the data directory of an earlier run.',
    })
  }
  const damage = dataFileDamage(data)
  if (damage !== undefined) throw corrupt(path, `file ${DATA_FILE}: ${damage}`)
  return true
}

export function checkVersion(path: string, version: number): void {
  if (version <= FORMAT_VERSION) return
  throw new AppError(
    'DATA_DIRECTORY_NEWER',
    `data directory "${path}" has format version ${version}, this release reads up to ${FORMAT_VERSION}`,
    { hint: 'Start the release that wrote it, or a newer one.' },
  )
}

/** Written last: a directory that has it was made completely. */
export function writeFormat(path: string): void {
  const target = join(path, FORMAT_FILE)
  if (existsSync(target)) return
  const temporary = `${target}.new`
  writeFileSync(temporary, `${FORMAT_HEAD}${FORMAT_VERSION}\n`, { flush: true })
  renameSync(temporary, target)
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

export function corrupt(path: string, what: string, cause?: unknown): AppError {
  return new AppError('DATA_DIRECTORY_CORRUPT', `data directory "${path}" is damaged: ${what}`, {
    domain: 'external',
    hint: 'Restore it from a backup, or start with an empty directory.',
    ...(cause === undefined ? {} : { cause }),
  })
}

export function directoryError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const reason = code === 'EROFS' ? 'the file system is read-only' : 'permission denied'
    return new AppError('FAILED_PRECONDITION', `data directory "${path}" can't be written: ${reason}`, {
      domain: 'external',
      hint: `Give the user that runs weir (uid ${process.getuid?.() ?? '?'}) read and write access to it.`,
      cause: error,
    })
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new AppError('INVALID_ARGUMENT', `"${path}" is not a directory`, {
      hint: 'Give the path of a directory for the data.',
      cause: error,
    })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, error)
  return error
}
