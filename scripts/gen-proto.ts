// Writes the TypeScript types of proto/ into the server and the TypeScript client; both are checked in, so that a
// reader sees them and an editor needs no build. `--check` writes nothing and fails when they are stale.
//
// The messages themselves are encoded by @grpc/proto-loader from the .proto files at run time: only types are
// generated.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const TARGETS = ['src/server/proto', 'clients/typescript/src/proto']
const FILES = [
  'weir/v1/query.proto',
  'weir/v1/subscription.proto',
  'weir/v1/catalog.proto',
  'weir/v1/ingest.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
  'grpc/health/v1/health.proto',
]
// Must match the options that src/server/grpc/protos.ts and clients/typescript/src/protos.ts load with.
const OPTIONS = [
  '--longs=String',
  '--enums=String',
  '--defaults',
  '--oneofs',
  '--includeComments',
  '--grpcLib=@grpc/grpc-js',
  '--inputTemplate=%sInput',
  '--outputTemplate=%s',
  '--importFileExtension=.ts',
  '--includeDirs=proto',
]

function generate(): string {
  const out = mkdtempSync(join(tmpdir(), 'weir-gen-'))
  const tool = createRequire(import.meta.url).resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js')
  execFileSync(process.execPath, [tool, ...OPTIONS, '-O', out, ...FILES], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // One file a .proto with the type of its object tree: protos.ts names the definitions that it takes instead.
  for (const entry of readdirSync(out, { withFileTypes: true })) if (entry.isFile()) rmSync(join(out, entry.name))
  return out
}

/** Every file under a folder, by relative path. */
function contents(folder: string): Map<string, string> {
  const files = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path), readFileSync(path, 'utf8'))
  }
  return files
}

function staleFiles(fresh: string, target: string): string[] {
  const wanted = contents(fresh)
  const present = contents(join(root, target))
  const paths = new Set([...wanted.keys(), ...present.keys()])
  return [...paths].filter((path) => wanted.get(path) !== present.get(path)).map((path) => join(target, path))
}

const fresh = generate()
try {
  if (process.argv.includes('--check')) {
    const stale = TARGETS.flatMap((target) => staleFiles(fresh, target))
    if (stale.length > 0) {
      console.error(`stale, run \`npm run gen\`:\n${stale.map((path) => `  ${path}`).join('\n')}`)
      process.exitCode = 1
    }
  } else {
    for (const target of TARGETS) {
      rmSync(join(root, target), { recursive: true, force: true })
      cpSync(fresh, join(root, target), { recursive: true })
    }
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
