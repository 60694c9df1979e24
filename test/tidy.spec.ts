// Reads the source and holds it to the rules that a compiler does not know: who may import whom, what the
// deterministic layers may not touch, sizes, names, dead files. An exception stands in a table with its reason, and
// one that is no longer needed fails as well.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

interface SourceFile {
  readonly path: string
  readonly text: string
  /** The text without comments and without the inside of strings. */
  readonly code: string
  readonly imports: readonly Import[]
}

interface Import {
  /** Path from the root for a file of ours, else the name of the package. */
  readonly target: string
  readonly typeOnly: boolean
}

const FOLDERS = [
  'grammar',
  'src',
  'clients/typescript/src',
  'clients/typescript/conformance',
  'clients/console/src',
  'test',
  'bench',
  'scripts',
  'examples',
]
/** Written by tools: held to nothing but being up to date, which `npm run gen -- --check` does. */
const isGenerated = (path: string) => path.endsWith('.gen.ts') || /(^|\/)proto\//.test(path)
const isSpec = (path: string) => path.endsWith('.spec.ts')
/** Helpers of specs that stand beside them. */
const isTesting = (path: string) => path.includes('/testing/')

const files: readonly SourceFile[] = FOLDERS.flatMap((folder) =>
  globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT, exclude: (name) => String(name).includes('node_modules') }),
)
  .filter((path) => !isGenerated(path) && !path.endsWith('.d.ts'))
  .sort()
  .map(read)
const product = files.filter(({ path }) => /^(grammar|src|clients)\//.test(path) && !isSpec(path))

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const code = text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g,
    (piece) => (/^['"`]/.test(piece) ? `${piece[0]}${piece[0]}` : ' '),
  )
  return { path, text, code, imports: importsOf(path, text) }
}

function importsOf(path: string, text: string): readonly Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s(?<what>type\s)?(?<names>[^'";]*?)from\s+'(?<from>[^']+)'|^import\s+'(?<effect>[^']+)'|\bimport\(\s*'(?<lazy>[^']+)'\s*\)/gm,
  )
  return [...statements].map(({ groups = {} }) => {
    const from = groups['from'] ?? groups['effect'] ?? groups['lazy'] ?? ''
    const names = groups['names'] ?? ''
    const typeOnly =
      groups['what'] !== undefined || (/^\s*\{/.test(names) && /^\s*\{(\s*type\s[^,]+,?)+\s*\}\s*$/.test(names))
    const target = from.startsWith('.') ? relative(ROOT, join(ROOT, dirname(path), from)) : from
    return { target, typeOnly }
  })
}

/** Violations that the table does not excuse, and excuses that nothing needs. */
function unexcused(violations: readonly string[], excuses: Readonly<Record<string, string>>): readonly string[] {
  const subject = (violation: string) => violation.split(':')[0] ?? violation
  const needed = new Set(violations.map(subject))
  const stale = Object.keys(excuses).filter((path) => !needed.has(path))
  return [
    ...violations.filter((violation) => !Object.hasOwn(excuses, subject(violation))),
    ...stale.map((path) => `${path}: its exception is no longer needed`),
  ]
}

// ---- layers --------------------------------------------------------------------------------------------------

/** From left to right: a file imports from its own layer and from those before it. */
const LAYERS = [
  'grammar/',
  'src/core/',
  'src/plan/',
  'src/engine/',
  'src/adapters/',
  'src/runtime/',
  'src/server/',
  'src/cli/',
] as const

/** Narrower than the order of the layers: what one may take from another. */
const NARROWER: readonly {
  readonly from: string
  readonly to: string
  readonly only: RegExp
  readonly why: string
}[] = [
  {
    from: 'src/engine/',
    to: 'src/plan/',
    only: /^src\/plan\/physical\//,
    why: 'the engine knows physical plans alone',
  },
  { from: 'src/engine/', to: 'grammar/', only: /^$/, why: 'the engine never sees SQL' },
  {
    from: 'src/adapters/',
    to: 'src/plan/',
    only: /^src\/plan\/(physical\/|catalog\.ts$)/,
    why: 'adapters store plans and catalogs, they do not plan',
  },
  {
    from: 'src/adapters/',
    to: 'src/engine/',
    only: /^src\/engine\/(ports\/|operator\.ts$)/,
    why: 'adapters meet the engine at its ports',
  },
  { from: 'src/server/', to: 'src/engine/', only: /^$/, why: 'the server sees Runtime, not the engine' },
  { from: 'src/cli/', to: 'src/engine/', only: /^$/, why: 'the command line sees Runtime, not the engine' },
]

/** Composition roots: they alone put adapters behind ports. */
const ROOTS = [
  'src/server/engine/open-runtime.ts',
  'src/server/engine/adapter-options.ts',
  'src/server/engine/kafka-connection.ts',
  'src/server/engine/task-thread.ts',
  'src/cli/local-runtime.ts',
]

/** Packages by the folders that may name them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['grammar/'],
  '@nestjs/': ['src/server/', 'src/main.ts', 'src/app.module.ts'],
  'reflect-metadata': ['src/server/', 'src/main.ts', 'src/app.module.ts'],
  '@grpc/': ['src/server/', 'clients/'],
  pino: ['src/server/'],
  // Also where stored plans are checked as they are read.
  zod: ['src/server/', 'src/plan/physical/codec.ts'],
  'rate-limiter-flexible': ['src/server/'],
  jose: ['src/server/security/'],
  yaml: ['src/server/security/'],
  lmdb: ['src/adapters/embedded/'],
  '@platformatic/kafka': ['src/adapters/kafka/'],
  birpc: ['src/runtime/threads/'],
  'csv-parse': ['src/adapters/'],
  // Generates code from schemas; what tests compare with.
  avsc: [],
  protobufjs: ['src/adapters/formats/'],
  commander: ['src/cli/'],
  'string-width': ['src/cli/'],
}

const layerOf = (path: string) => LAYERS.findIndex((layer) => path.startsWith(layer))

const LAYER_EXCEPTIONS: Readonly<Record<string, string>> = {}

describe('layers', () => {
  it('are imported from right to left only', () => {
    const violations = product.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => layerOf(path) !== -1 && layerOf(target) > layerOf(path))
        .map(({ target }) => `${path}: imports ${target}`),
    )
    expect(unexcused(violations, LAYER_EXCEPTIONS)).toEqual([])
  })

  it('take from each other what they are meant to', () => {
    const violations = NARROWER.flatMap(({ from, to, only, why }) =>
      product
        .filter(({ path }) => path.startsWith(from))
        .flatMap(({ path, imports }) =>
          imports
            .filter(({ target }) => target.startsWith(to) && !only.test(target))
            .map(({ target }) => `${path}: imports ${target}, but ${why}`),
        ),
    )
    expect(violations).toEqual([])
  })

  it('meet adapters in the composition roots alone', () => {
    const violations = product
      .filter(({ path }) => /^src\/(server|cli)\//.test(path) && !ROOTS.includes(path))
      .flatMap(({ path, imports }) =>
        imports.filter(({ target }) => target.startsWith('src/adapters/')).map(({ target }) => `${path}: ${target}`),
      )
    expect(violations).toEqual([])
  })

  it('name a package only where it belongs', () => {
    const violations = product.flatMap(({ path, imports }) =>
      imports.flatMap(({ target }) => {
        const entry = Object.entries(PACKAGES).find(([name]) => target === name || target.startsWith(name))
        if (entry === undefined || entry[1].some((folder) => path.startsWith(folder))) return []
        return [`${path}: imports ${target}`]
      }),
    )
    expect(violations).toEqual([])
  })

  it('leave the clients on their own', () => {
    const excuses = { 'clients/console/src/sql-words.ts': 'built with the server: the words of the very same grammar' }
    const violations = product
      .filter(({ path }) => path.startsWith('clients/'))
      .flatMap(({ path, imports }) =>
        imports.filter(({ target }) => /^(src|grammar)\//.test(target)).map(({ target }) => `${path}: ${target}`),
      )
    expect(unexcused(violations, excuses)).toEqual([])
  })
})

// ---- determinism ---------------------------------------------------------------------------------------------

const deterministic = product.filter(({ path }) => /^(grammar|src\/(core|plan|engine))\//.test(path))

const BANNED: Readonly<Record<string, RegExp>> = {
  'the wall clock': /\bnew Date\b|\bDate\s*[.(]|\bperformance\b/,
  randomness: /\bMath\s*\.\s*random\b|\brandomUUID\b|\bgetRandomValues\b/,
  timers: /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b|\bnextTick\b/,
  'the process': /\bprocess\s*[.[]/,
  'weak references, whose life is the collector’s': /\b(WeakRef|FinalizationRegistry)\b/,
}

/** `async` by path; types of ports may promise, which is no `async`. */
const ASYNC_ALLOWED: Readonly<Record<string, string>> = {
  'src/engine/runner.ts': 'the loop between the synchronous tasks and the ports',
  'src/engine/task.ts': 'open and close ask the readers; a task that runs is synchronous',
  'src/engine/source.ts': 'open asks the reader where to begin; reading is synchronous',
}

const COMPILER_EXCEPTION: Readonly<Record<string, string>> = {
  'src/engine/expression/functions/bytes.ts': 'node:crypto digests; a function of its input',
  'src/engine/expression/sink.ts': 'node:vm compiles expressions; it reads nothing and writes nothing',
}

describe('the layers up to the engine', () => {
  it.each(Object.entries(BANNED))('do not use %s', (_, pattern) => {
    expect(deterministic.filter(({ code }) => pattern.test(code)).map(({ path }) => path)).toEqual([])
  })

  it('do no I/O', () => {
    const violations = deterministic.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => target.startsWith('node:')).map(({ target }) => `${path}: imports ${target}`),
    )
    expect(unexcused(violations, COMPILER_EXCEPTION)).toEqual([])
  })

  it('are synchronous', () => {
    const violations = deterministic
      .filter(({ path, code }) => !path.startsWith('src/engine/ports/') && /\b(async|await)\b/.test(code))
      .map(({ path }) => `${path}: is asynchronous`)
    expect(unexcused(violations, ASYNC_ALLOWED)).toEqual([])
  })
})

// ---- sizes and style -----------------------------------------------------------------------------------------

const FILE_LINES_MAX = 400
const LINE_LENGTH_MAX = 120

/** A text or a pattern can't be broken without changing it. */
const LITERAL = /['"`]|\/\^/

const LONG_FILES: Readonly<Record<string, string>> = {
  'src/adapters/embedded/embedded-log.ts': 'one class; its parts share the map of topics',
  'src/adapters/formats/json-decoder.ts': 'one hot path, read as a whole',
  'test/property/grammar-arbitrary.ts': 'one arbitrary a node of the tree',
  'grammar/ast.ts': 'one interface a node of the tree',
  'src/plan/bind/functions.ts': 'a table, one entry a function',
  'src/plan/logical/nodes.ts': 'one short constructor a node, read side by side',
}

const LONG_LINES: Readonly<Record<string, string>> = {}

const TEST_MARKS = /\b(TODO|FIXME|XXX|HACK)\b/

describe('every file', () => {
  it(`has at most ${FILE_LINES_MAX} lines`, () => {
    const violations = files
      .filter(({ path }) => !isSpec(path))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ path, lines }) => `${path}: ${lines} lines`)
    expect(unexcused(violations, LONG_FILES)).toEqual([])
  })

  it(`has lines of at most ${LINE_LENGTH_MAX} characters`, () => {
    const violations = files
      .filter(({ path }) => !isSpec(path))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .map((line, at) => ({ length: line.length, place: `${path}:${at + 1}`, literal: LITERAL.test(line) }))
          .filter(({ length, literal }) => length > LINE_LENGTH_MAX && !literal)
          .map(({ length, place }) => `${place}: ${length} characters`),
      )
    expect(unexcused(violations, LONG_LINES)).toEqual([])
  })

  it('says what it is for', () => {
    // A module of Nest is its own list of contents; a spec says it in its titles.
    const said = files.filter(({ path }) => !isSpec(path) && !path.endsWith('.module.ts'))
    expect(said.filter(({ text }) => !/^(\/\/|\/\*\*)/m.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('is named in kebab-case', () => {
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.(spec|gen|config|module|controller|service|mapper|e2e-spec))?\.tsx?$/
    expect(files.filter(({ path }) => !name.test(basename(path))).map(({ path }) => path)).toEqual([])
  })

  it('leaves nothing to do later', () => {
    expect(
      files.filter(({ text }) => TEST_MARKS.test(text.replace(/const TEST_MARKS.*/, ''))).map(({ path }) => path),
    ).toEqual([])
  })

  it('has unions and not enums, and answers the compiler instead of silencing it', () => {
    expect(files.filter(({ code }) => /^\s*(export\s+)?(const\s+)?enum\s/m.test(code)).map(({ path }) => path)).toEqual(
      [],
    )
    expect(product.filter(({ text }) => /@ts-(ignore|expect-error)/.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('runs all of its tests', () => {
    const focused = /\b(it|test|describe)\.(only|todo|skip)\b(?!If)/
    expect(files.filter(({ code }) => focused.test(code)).map(({ path }) => path)).toEqual([])
  })
})

// ---- dead files ----------------------------------------------------------------------------------------------

/** What is started by its name, not imported. */
const ENTRIES = [
  'src/cli/weir.ts',
  'src/main.ts',
  // Of a thread, which is named by its address.
  'src/server/engine/task-thread.ts',
  'clients/typescript/src/index.ts',
  'clients/typescript/conformance/driver.ts',
  'clients/console/src/main.tsx',
]

const UNREACHED: Readonly<Record<string, string>> = {
  'src/engine/checks/checked-operator.ts': 'contracts of operators, checked on every edge of the specs',
  'src/engine/checks/schema.ts': 'part of checked-operator',
  'src/adapters/memory/manual-clock.ts': 'time that the tests of every layer move by hand',
}

describe('every file of the product', () => {
  it('is reached from an entry', () => {
    const byPath = new Map(files.map((file) => [file.path, file]))
    const reached = new Set<string>()
    const reach = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      for (const { target } of byPath.get(path)?.imports ?? []) reach(target)
    }
    for (const entry of ENTRIES) reach(entry)
    const violations = product
      .filter(({ path }) => !reached.has(path) && !isTesting(path))
      .map(({ path }) => `${path}: nothing imports it`)
    expect(unexcused(violations, UNREACHED)).toEqual([])
  })
})

describe('package.json', () => {
  it('names files that exist in its scripts', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const paths = Object.values(scripts).flatMap((script) =>
      [...script.matchAll(/[\w./-]+\.ts\b/g)].map(([path]) => path),
    )
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('has a lock file that `npm ci` takes', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>
    }
    // An `npm install` over an existing node_modules forgets what other platforms need (npm/cli#4828).
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => packages[`node_modules/${name}`]?.version === undefined)
      .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`/node_modules/${name}`)))
    expect(missing).toEqual([])
  })
})
