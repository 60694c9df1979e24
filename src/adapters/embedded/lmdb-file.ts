import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Looks into LMDB's data file before LMDB maps it: touching a page behind the end of a file that was cut off (a copy
 * that was interrupted) ends the process with a bus error, and no error can be caught.
 *
 * A file may rightly be shorter than its last page number says, when its last pages are free and were never written.
 * Then, and only then, all pages that are in use are visited, as LMDB would. The layout is that of LMDB's data version
 * 2 on a 64-bit little-endian machine, pinned with the version of the dependency.
 */
const HEADER_BYTES = 24
const FLAGS_AT = 18
const LOWER_AT = 20
const PAGE_BRANCH = 0x01
const PAGE_LEAF = 0x02

const NODE_HEADER_BYTES = 8
const NODE_BIG_DATA = 0x01
const NODE_SUB_TREE = 0x02

/** In a meta page: magic, page size, roots of the tree of free pages and of the main tree, last page, transaction. */
const MAGIC_AT = 24
const PAGE_SIZE_AT = 48
const ROOTS_AT = [88, 136]
const LAST_PAGE_AT = 144
const TRANSACTION_AT = 152
const META_BYTES = 168
const MAGIC = 0xbeefc0de

/** In the record of a named tree. */
const TREE_ROOT_AT = 40
const NO_PAGE = 0xffff_ffff_ffff_ffffn
/** Deeper than any tree of 2^48 entries. */
const DEPTH_MAX = 32

interface Meta {
  readonly pageSize: number
  readonly roots: readonly bigint[]
  readonly lastPage: number
  readonly transaction: bigint
}

/** What is wrong with the file, or undefined. */
export function dataFileDamage(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size === 0) return undefined
    const first = readMeta(file, 0)
    if (first === undefined) return "it does not begin with LMDB's mark"
    const second = readMeta(file, first.pageSize)
    if (second === undefined) return 'it is cut off'
    const newest = second.transaction > first.transaction ? second : first
    if ((newest.lastPage + 1) * newest.pageSize <= size) return undefined
    const pages = new Pages(file, newest.pageSize, size)
    return newest.roots.every((root) => pages.hasTree(root, 0)) ? undefined : 'it is cut off'
  } finally {
    closeSync(file)
  }
}

function readMeta(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES)
  if (readSync(file, bytes, 0, META_BYTES, position) < META_BYTES) return undefined
  if (bytes.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined
  return {
    pageSize: bytes.readUInt32LE(PAGE_SIZE_AT),
    roots: ROOTS_AT.map((at) => bytes.readBigUInt64LE(at)),
    lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: bytes.readBigUInt64LE(TRANSACTION_AT),
  }
}

class Pages {
  readonly #file: number
  readonly #pageSize: number
  readonly #count: number

  constructor(file: number, pageSize: number, size: number) {
    this.#file = file
    this.#pageSize = pageSize
    this.#count = Math.floor(size / pageSize)
  }

  /** True when the file has all pages of the tree, and those of the trees and large values in it. */
  hasTree(root: bigint, depth: number): boolean {
    if (root === NO_PAGE) return true
    if (depth > DEPTH_MAX || root >= BigInt(this.#count)) return false
    const page = Buffer.allocUnsafe(this.#pageSize)
    readSync(this.#file, page, 0, this.#pageSize, Number(root) * this.#pageSize)
    if (page.readBigUInt64LE(0) !== root) return false
    const flags = page.readUInt16LE(FLAGS_AT)
    if ((flags & (PAGE_BRANCH | PAGE_LEAF)) === 0) return false
    const nodes = page.readUInt16LE(LOWER_AT) >> 1
    for (let i = 0; i < nodes; i++) {
      const at = page.readUInt16LE(HEADER_BYTES + i * 2) + HEADER_BYTES
      const whole = (flags & PAGE_BRANCH) !== 0 ? this.#hasBranch(page, at, depth) : this.#hasLeaf(page, at, depth)
      if (!whole) return false
    }
    return true
  }

  #hasBranch(page: Buffer, at: number, depth: number): boolean {
    const child = BigInt(page.readUInt32LE(at)) | (BigInt(page.readUInt16LE(at + 4)) << 32n)
    return this.hasTree(child, depth + 1)
  }

  #hasLeaf(page: Buffer, at: number, depth: number): boolean {
    const flags = page.readUInt16LE(at + 4)
    const data = at + NODE_HEADER_BYTES + page.readUInt16LE(at + 6)
    if ((flags & NODE_SUB_TREE) !== 0) return this.hasTree(page.readBigUInt64LE(data + TREE_ROOT_AT), depth + 1)
    if ((flags & NODE_BIG_DATA) === 0) return true
    const pages = Math.ceil((page.readUInt32LE(at) + HEADER_BYTES) / this.#pageSize)
    return Number(page.readBigUInt64LE(data)) + pages <= this.#count
  }
}
