// Writes the TypeScript types of proto/ into the server and the TypeScript client; both are checked in, so that a
// reader sees them and an editor needs no build. `--check` writes nothing and fails when they are stale.
//
// The messages themselves are encoded by @grpc/proto-loader from the .proto files at run time: only types are
// generated.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const FILES = [
  'weir/v1/query.proto',
  'weir/v1/subscription.proto',
  'weir/v1/catalog.proto',
  'weir/v1/ingest.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
  'grpc/health/v1/health.proto',
]
/** What replicas say to each other is nothing to clients. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'src/server/proto': [...FILES, 'weir/internal/v1/peer.proto'],
  'clients/typescript/src/proto': FILES,
}
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

function generate(files: readonly string[]): string {
  const out = mkdtempSync(join(tmpdir(), 'weir-gen-'))
  const tool = createRequire(import.meta.url).resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js')
  execFileSync(process.execPath, [tool, ...OPTIONS, '-O', out, ...files], {
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

const DESCRIPTORS = 'proto/descriptors.binpb'

/** All that the protocol defines, compiled, for libraries that read no .proto files. */
function descriptors(): Buffer {
  return execFileSync(join(root, 'node_modules/.bin/buf'), ['build', '--exclude-source-info', '-o', '-'], { cwd: root })
}

/** With the code that encodes them, for a browser. */
function generateConsole(): string {
  const out = mkdtempSync(join(tmpdir(), 'weir-gen-'))
  const args = ['generate', 'proto', '--path', 'proto/weir/v1', '--template', 'clients/console/buf.gen.yaml', '-o', out]
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`
  execFileSync(join(root, 'node_modules/.bin/buf'), args, { cwd: root, env: { ...process.env, PATH: path } })
  return out
}

const generated = [
  ...Object.entries(TARGETS).map(([target, files]) => ({ target, fresh: generate(files) })),
  { target: 'clients/console/src/proto', fresh: generateConsole() },
]
try {
  if (process.argv.includes('--check')) {
    const stale = generated.flatMap(({ target, fresh }) => staleFiles(fresh, target))
    if (!readFileSync(join(root, DESCRIPTORS)).equals(descriptors())) stale.push(DESCRIPTORS)
    if (stale.length > 0) {
      console.error(`stale, run \`npm run gen\`:\n${stale.map((path) => `  ${path}`).join('\n')}`)
      process.exitCode = 1
    }
  } else {
    writeFileSync(join(root, DESCRIPTORS), descriptors())
    for (const { target, fresh } of generated) {
      rmSync(join(root, target), { recursive: true, force: true })
      cpSync(fresh, join(root, target), { recursive: true })
    }
  }
} finally {
  for (const { fresh } of generated) rmSync(fresh, { recursive: true, force: true })
}
