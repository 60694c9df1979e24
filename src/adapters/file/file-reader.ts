import { type FileHandle, open } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { RecordChunk, SourceReader } from '../../engine/ports/log.ts'
import type { FormatSpec } from '../../plan/physical/nodes.ts'
import { RECORD_BYTES_MAX } from '../log-rules.ts'

/**
 * A file of one record a line, read once from its beginning to its end: JSON lines or CSV. A position is the byte where
 * a line begins, so reading goes on in the middle of a file of any size; memory holds one block of it.
 *
 * Lines end with LF or CRLF, the last one may end with the file. Empty lines are left out. In CSV a line break between
 * quotes is part of the record. With a CSV header (option `header`), the first line is no record: it is the key of each
 * record, where the CSV decoder finds the names.
 */
const BLOCK_BYTES = 1024 * 1024

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const QUOTE = 0x22
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** A part of the file. The buffer is given out with chunks and never written to again. */
interface Block {
  readonly start: number
  readonly bytes: Buffer
  readonly atEnd: boolean
}

export class FileReader implements SourceReader {
  readonly partitions: readonly number[] = [0]
  readonly #path: string
  readonly #csv: boolean
  readonly #hasHeader: boolean
  #file: Promise<FileHandle> | undefined
  #block: Block = { start: 0, bytes: Buffer.alloc(0), atEnd: false }
  #header: Buffer | undefined
  /** Where the first record begins. */
  #first = 0

  constructor(options: Readonly<Record<string, string>>, format: FormatSpec) {
    this.#path = options['path'] ?? ''
    if (this.#path === '') {
      throw new AppError('INVALID_ARGUMENT', 'connector "file" has no path', {
        hint: "Give it as WITH (connector = 'file', path = '…').",
      })
    }
    this.#csv = format.encoding === 'csv'
    this.#hasHeader = this.#csv && format.options['header'] === 'true'
  }

  startOffset(): number {
    return 0
  }

  async read(partition: number, offset: number, recordsMax: number): Promise<RecordChunk | undefined> {
    const file = await this.#open()
    const from = Math.max(offset, this.#first)
    const { size } = await file.stat()
    if (offset > size) {
      throw new AppError('POSITION_EXPIRED', `file "${this.#path}" ends at byte ${size}, before position ${offset}`, {
        hint: 'The file was replaced by a shorter one: drop the query and create it again.',
      })
    }
    const lines = await this.#lines(file, from, recordsMax)
    return this.#chunk(partition, from, lines)
  }

  lag(): undefined {
    return undefined
  }

  onAvailable(): () => void {
    return () => {}
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.then(
      (handle) => handle.close(),
      () => {},
    )
  }

  #open(): Promise<FileHandle> {
    this.#file ??= this.#openFile()
    return this.#file
  }

  async #openFile(): Promise<FileHandle> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#path, 'r')
      const stats = await file.stat()
      if (stats.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
      if (this.#hasHeader) await this.#readHeader(file)
      return file
    } catch (error) {
      await file?.close()
      throw fileError(error, this.#path)
    }
  }

  async #readHeader(file: FileHandle): Promise<void> {
    const { starts, ends, next } = await this.#lines(file, 0, 1)
    const [start, end] = [starts[0], ends[0]]
    if (start === undefined || end === undefined) return
    const line = Buffer.from(this.#block.bytes.subarray(start, end))
    this.#header = line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? line.subarray(3) : line
    this.#first = next
  }

  /** Up to `max` lines from a position on, of one block; at least one unless the file ends there. */
  async #lines(file: FileHandle, from: number, max: number): Promise<Lines> {
    for (let bytes = BLOCK_BYTES; ; bytes *= 2) {
      const { start, bytes: held, atEnd } = this.#block
      if (from >= start && from <= start + held.length) {
        const lines = splitLines(held, from - start, atEnd, max, this.#csv)
        const longest = lines.ends.reduce((most, end, i) => Math.max(most, end - (lines.starts[i] as number)), 0)
        if (longest > RECORD_BYTES_MAX) throw this.#tooLong(from)
        if (lines.starts.length > 0 || atEnd) return { ...lines, next: start + lines.next }
        // Only empty lines: go on behind them. Else one line is longer than the block.
        if (lines.next > from - start) return this.#lines(file, start + lines.next, max)
      }
      if (bytes > RECORD_BYTES_MAX * 2) throw this.#tooLong(from)
      this.#block = await readBlock(file, from, bytes)
    }
  }

  #tooLong(from: number): AppError {
    return new AppError('RESOURCE_EXHAUSTED', `file "${this.#path}": a line after byte ${from} is too long`, {
      hint: `A line has at most ${RECORD_BYTES_MAX} bytes.`,
    })
  }

  #chunk(partition: number, from: number, lines: Lines): RecordChunk {
    const { bytes, start, atEnd } = this.#block
    const count = lines.starts.length
    const header = this.#header
    const shift = header?.length ?? 0
    const firstByte = lines.starts[0] ?? 0
    const lastByte = lines.ends[count - 1] ?? 0
    const body = bytes.subarray(firstByte, lastByte)
    const data = header === undefined ? body : Buffer.concat([header, body])
    const move = shift - firstByte
    return {
      partition,
      count,
      data,
      valueStart: Int32Array.from(lines.starts, (position) => position + move),
      valueEnd: Int32Array.from(lines.ends, (position) => position + move),
      keyStart: header === undefined ? undefined : new Int32Array(count),
      keyEnd: header === undefined ? undefined : new Int32Array(count).fill(shift),
      timestamps: new Float64Array(count).fill(Number.NaN),
      offsets: Float64Array.from(lines.starts, (position) => start + position),
      nextOffset: Math.max(from, lines.next),
      end: atEnd && lines.next >= start + bytes.length,
      columns: undefined,
    }
  }
}

interface Lines {
  /** Positions within the block, line breaks left out. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Where to go on. */
  readonly next: number
}

async function readBlock(file: FileHandle, start: number, length: number): Promise<Block> {
  const bytes = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled)
    if (bytesRead === 0) return { start, bytes: bytes.subarray(0, filled), atEnd: true }
    filled += bytesRead
  }
  return { start, bytes, atEnd: false }
}

function splitLines(bytes: Buffer, from: number, atEnd: boolean, max: number, quotes: boolean): Lines {
  const starts: number[] = []
  const ends: number[] = []
  let next = from
  while (starts.length < max && next < bytes.length) {
    let end = lineEnd(bytes, next, quotes)
    if (end < 0 && !atEnd) break
    const after = end < 0 ? bytes.length : end + 1
    if (end < 0) end = bytes.length
    if (end > next && bytes[end - 1] === CARRIAGE_RETURN) end--
    if (end > next) {
      starts.push(next)
      ends.push(end)
    }
    next = after
  }
  return { starts, ends, next }
}

/** The line feed that ends the record, or -1. Two quotes within quotes are an even number, as is well. */
function lineEnd(bytes: Buffer, from: number, quotes: boolean): number {
  if (!quotes) return bytes.indexOf(LINE_FEED, from)
  let quoted = false
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) quoted = !quoted
    else if (byte === LINE_FEED && !quoted) return i
  }
  return -1
}

function fileError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error
  const { code } = error as NodeJS.ErrnoException
  const shown = `file "${path}"`
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('NOT_FOUND', `${shown} does not exist`, {
      hint: `Paths are relative to the directory of the server's process: give an absolute one.`,
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AppError('FAILED_PRECONDITION', `${shown} can't be read: permission denied`, {
      domain: 'external',
      hint: `Give the user that runs weir (uid ${process.getuid?.() ?? '?'}) read access to it.`,
      cause: error,
    })
  }
  if (code === 'EISDIR') {
    return new AppError('INVALID_ARGUMENT', `${shown} is a directory`, {
      hint: 'Give the path of one file.',
      cause: error,
    })
  }
  return error
}
