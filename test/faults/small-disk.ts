import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Room for the state of a replica, and little more. */
const SIZE = '64m'
const BLOCK = Buffer.alloc(64 * 1024, 1)

/** Why there can't be any here; `null` where there can. */
export function disksMissing(): string | null {
  if (process.platform !== 'linux') return 'small disks are a part of Linux'
  return process.getuid?.() === 0 ? null : 'mounting a disk needs root'
}

/** A file system of its own for one folder, in memory, that can be filled up to the last byte. */
export class SmallDisk {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  static mount(path: string): SmallDisk {
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', path], { stdio: 'pipe' })
    return new SmallDisk(path)
  }

  fill(): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (let block = BLOCK; block.length > 0; block = block.subarray(0, block.length >> 1))
        writeUntilFull(file, block)
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** When nothing uses it any more. */
  unmount(): void {
    execFileSync('umount', [this.#path], { stdio: 'pipe' })
  }

  get #ballast(): string {
    return join(this.#path, 'ballast')
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    while (writeSync(file, block) === block.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
