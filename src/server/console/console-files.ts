// The files of the page: few and small, read once at the start. What is served is in this table; no path of a request
// ever reaches the file system.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { AppError } from '../../core/errors.ts'

export interface ConsoleFile {
  readonly bytes: Buffer
  readonly type: string
  /** Its name changes with what is in it. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const BUILT = 'dist/console'
const ASSETS = 'assets'

/** By path, `/` is the page itself. Throws FAILED_PRECONDITION where it has not been built. */
export function consoleFiles(): ReadonlyMap<string, ConsoleFile> {
  const root = builtFolder()
  const files = new Map<string, ConsoleFile>()
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const type = TYPES[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(root.length).replaceAll('\\', '/')
    const file = { bytes: readFileSync(path), type, immutable: name.startsWith(`/${ASSETS}/`) }
    files.set(name === '/index.html' ? '/' : name, file)
  }
  return files
}

/** From the sources as well as from `dist`. */
function builtFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, BUILT)
    if (existsSync(join(candidate, 'index.html'))) return candidate
    if (folder !== dirname(folder)) continue
    throw new AppError('FAILED_PRECONDITION', 'the console has not been built', {
      hint: '`npm run build` builds it, beside the server.',
    })
  }
}
