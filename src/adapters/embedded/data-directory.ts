import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { Storage } from '../storage.ts'
import { SystemClock } from '../system-clock.ts'
import { CommitQueue, storageError } from './commit-queue.ts'
import {
  checkDirectory,
  checkVersion,
  corrupt,
  FORMAT_VERSION,
  prepareDirectory,
  writeFormat,
} from './directory-check.ts'
import { DirectoryLock, inUse } from './directory-lock.ts'
import { EmbeddedCatalog } from './embedded-catalog.ts'
import { EmbeddedLog } from './embedded-log.ts'
import { EmbeddedState } from './embedded-state.ts'
import { decodeText, encodeText, textKey } from './keys.ts'
import { Numbers } from './numbers.ts'
import { META_FORMAT, openTables, TABLES_MAX, type Tables } from './tables.ts'

export interface DataDirectory extends Storage {
  /** Absolute, without symbolic links. */
  readonly path: string
}

export interface DataDirectoryOptions {
  /** For the age of idle producers; by default the wall clock. */
  readonly clock?: Clock
}

/**
 * LMDB must not be opened twice in one process: its locks belong to the process and would be lost with the first
 * close.
 */
const openPaths = new Set<string>()

/** The first map; LMDB doubles it when it is full. Address space, not memory. */
const MAP_BYTES_INITIAL = 64 * 1024 * 1024

/**
 * Opens (or makes) a data directory: one LMDB environment with topics, state, checkpoints and the catalog.
 *
 * Throws AppError: DATA_DIRECTORY_IN_USE, DATA_DIRECTORY_CORRUPT, DATA_DIRECTORY_NEWER, DISK_FULL, FAILED_PRECONDITION
 * (no permission, not empty), INVALID_ARGUMENT (not a directory), NOT_SUPPORTED (network file system).
 */
export async function openDataDirectory(path: string, options: DataDirectoryOptions = {}): Promise<DataDirectory> {
  const absolute = resolve(path)
  prepareDirectory(absolute)
  const real = realpathSync(absolute)
  if (openPaths.has(real)) throw inUse(absolute, { pid: process.pid, host: '' })
  openPaths.add(real)
  try {
    return await openClaimed(real, options.clock ?? new SystemClock())
  } catch (error) {
    openPaths.delete(real)
    throw error
  }
}

async function openClaimed(path: string, clock: Clock): Promise<DataDirectory> {
  checkDirectory(path)
  const root = openRoot(path)
  let lock: DirectoryLock | undefined
  try {
    const tables = openTables(root)
    lock = await DirectoryLock.acquire(path, tables.meta)
    checkFormat(path, tables)
    writeFormat(path)
    return build(path, tables, lock, clock)
  } catch (error) {
    await lock?.release()
    await root.close()
    throw error instanceof AppError ? error : openError(error, path)
  }
}

function openRoot(path: string): RootDatabase {
  try {
    return open({
      path,
      // A directory name with a dot in it would be taken for a file.
      noSubdir: false,
      maxDbs: TABLES_MAX,
      mapSize: MAP_BYTES_INITIAL,
      // Durable before visible: see commit-queue.ts.
      overlappingSync: false,
      eventTurnBatching: false,
      encoding: 'binary',
      keyEncoding: 'binary',
    })
  } catch (error) {
    throw openError(error, path)
  }
}

/** MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_VERSION_MISMATCH. */
const LMDB_DAMAGE: readonly unknown[] = [-30796, -30797, -30793, -30794]

function openError(error: unknown, path: string): unknown {
  const { code, message } = error as { code?: unknown; message?: string }
  if (LMDB_DAMAGE.includes(code) || /invalid|corrupt|page not found|version mismatch/i.test(message ?? '')) {
    return corrupt(path, `LMDB can't read it: ${message ?? code}`, error)
  }
  return storageError(error, path)
}

/** The version is in LMDB as well, where no stray edit of a text file can change it. */
function checkFormat(path: string, tables: Tables): void {
  const key = textKey(META_FORMAT, '')
  const stored = tables.meta.get(key)
  if (stored === undefined) tables.meta.putSync(key, encodeText(String(FORMAT_VERSION)))
  else checkVersion(path, Number(decodeText(stored)))
}

function build(path: string, tables: Tables, lock: DirectoryLock, clock: Clock): DataDirectory {
  const queue = new CommitQueue(tables.root, path)
  const numbers = new Numbers(tables, queue)
  const log = new EmbeddedLog(tables, queue, numbers, () => clock.nowMs())
  const state = new EmbeddedState(tables, queue, log, numbers)
  const catalog = new EmbeddedCatalog(tables, queue)
  // What an earlier run dropped and could not finish removing.
  void numbers.sweep()
  let closing: Promise<void> | undefined
  const close = async () => {
    await numbers.close()
    await queue.close()
    await tables.root.close()
    await lock.release()
    openPaths.delete(path)
  }
  return {
    path,
    log,
    state,
    catalog,
    onCommit: (listener) => queue.onCommit(listener),
    close: () => (closing ??= close()),
  }
}
