import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataDirectory } from '../../../src/adapters/embedded/data-directory.ts'
import { networkFileSystem } from '../../../src/adapters/embedded/directory-check.ts'
import { AppError } from '../../../src/core/errors.ts'
import { checkpoint } from '../../contract/state-contract.ts'
import { readAll, record } from '../../harness/log-records.ts'

const CHILD = join(import.meta.dirname, 'child.ts')

let path = ''
const children: ChildProcess[] = []
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'weir-faults-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(path, { recursive: true, force: true })
})

interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
  readonly ended: Promise<number | null>
  said(pattern: RegExp): Promise<string>
}

function start(directory: string, mode: string, options: { uid?: number } = {}): Child {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, directory, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
  children.push(child)
  const lines: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const check of waiting) check()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const line = lines.find((one) => pattern.test(one))
        if (line !== undefined) resolve(line)
      }
      waiting.add(check)
      check()
      void ended.then(() => reject(new Error(`the child ended, having said: ${lines.join(' | ')}`)))
    })
  return { process: child, lines, ended, said }
}

async function errorOf(run: () => Promise<unknown>): Promise<AppError> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).hint).toBeTruthy()
  return error as AppError
}

async function fill(records = 50): Promise<void> {
  const directory = await openDataDirectory(path)
  await directory.log.createTopic({ name: 't', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
  for (let i = 0; i < records; i++) await directory.log.append('t', 0, [record('x'.repeat(3000), i)])
  await directory.close()
}

describe('kill -9', () => {
  test('state, output and positions agree after each of 20 kills, and what was durable is there', async () => {
    let lastEpoch = 0
    let lastDurable = -1
    let kills = 0
    for (let round = 0; round < 20; round++) {
      const child = start(path, 'work')
      await child.said(/^epoch/)
      // Spread over the phases of a commit, which takes a few milliseconds.
      await new Promise((resolve) => setTimeout(resolve, (round * 37) % 60))
      child.process.kill('SIGKILL')
      await child.ended
      kills++
      for (const line of child.lines) {
        const [what, number] = line.split(' ')
        if (what === 'epoch') lastEpoch = Math.max(lastEpoch, Number(number))
        if (what === 'durable') lastDurable = Math.max(lastDurable, Number(number))
      }
      const directory = await openDataDirectory(path)
      const task = await directory.state.openTask('task')
      const epoch = task.checkpoint?.epoch ?? 0
      // One epoch may be committed and not yet said.
      expect(epoch).toBeGreaterThanOrEqual(lastEpoch)
      expect(epoch).toBeLessThanOrEqual(lastEpoch + 1)
      lastEpoch = epoch
      expect(task.checkpoint?.inputs).toEqual({ scan: { 0: epoch } })
      const state = [...task.store('count-1', 'table').scan(new Uint8Array(0), undefined)]
      expect(state).toHaveLength(200)
      expect(new Set(state.map(([, value]) => Buffer.from(value).toString()))).toEqual(new Set([String(epoch)]))
      const output = await readAll(await directory.log.openReader('out'), 0, 0, 1024)
      expect(output.map((r) => r.value)).toEqual(Array.from({ length: epoch }, (_, i) => String(i + 1)))
      const ingested = await readAll(await directory.log.openReader('ingest'), 0, 0, 1024)
      expect(ingested.length).toBeGreaterThan(lastDurable)
      expect(ingested.map((r) => r.value)).toEqual(ingested.map((_, i) => String(i)))
      await directory.close()
    }
    expect(kills).toBe(20)
    expect(lastEpoch).toBeGreaterThan(20)
  })

  test('a drop that was cut short goes on with the next start', async () => {
    const directory = await openDataDirectory(path)
    const task = await directory.state.openTask('big')
    const store = task.store('s', 't')
    for (let i = 0; i < 20_000; i++) store.put(Buffer.from(`k${i}`), Buffer.from('v'))
    await task.commit(checkpoint(1))
    await task.close()
    // Closing right behind the drop leaves most of the rows.
    const drop = directory.state.dropTask('big')
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    await directory.close()
    await drop
    const rows = (dir: string) => {
      const root = open({ path: dir, noSubdir: false, maxDbs: 16, overlappingSync: false })
      const count = root.openDB({ name: 'state', encoding: 'binary', keyEncoding: 'binary' }).getKeysCount({})
      return root.close().then(() => count)
    }
    expect(await rows(path)).toBeGreaterThan(1000)
    const again = await openDataDirectory(path)
    for (let i = 0; i < 200 && again.catalog.get('x') === undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      if (i === 20) break
    }
    await again.close()
    expect(await rows(path)).toBe(0)
  })
})

describe('one process a data directory', () => {
  test('a second one is refused, with the pid of the first; stopped is not dead, killed is', async () => {
    const first = start(path, 'hold')
    await first.said(/^open/)
    const refused = await errorOf(() => openDataDirectory(path))
    expect(refused.code).toBe('DATA_DIRECTORY_IN_USE')
    expect(refused.message).toContain(`process ${first.process.pid}`)
    // The event loop of a stopped process does not answer; the kernel does.
    first.process.kill('SIGSTOP')
    expect((await errorOf(() => openDataDirectory(path))).code).toBe('DATA_DIRECTORY_IN_USE')
    first.process.kill('SIGKILL')
    await first.ended
    const directory = await openDataDirectory(path)
    expect(readdirSync(path).filter((name) => name.endsWith('.sock'))).toHaveLength(1)
    await directory.close()
    expect(readdirSync(path).filter((name) => name.endsWith('.sock'))).toHaveLength(0)
  })

  test('of several that start at once over a stale lock exactly one wins', async () => {
    const dead = start(path, 'hold')
    await dead.said(/^open/)
    dead.process.kill('SIGKILL')
    await dead.ended
    const rivals = Array.from({ length: 4 }, () => start(path, 'hold'))
    const results = await Promise.all(rivals.map((rival) => rival.said(/^(open|error)/)))
    expect(results.filter((line) => line === 'open')).toHaveLength(1)
    expect(results.filter((line) => line.startsWith('error DATA_DIRECTORY_IN_USE'))).toHaveLength(3)
  })

  test('not twice in one process either, by any path to it', async () => {
    const directory = await openDataDirectory(path)
    expect((await errorOf(() => openDataDirectory(join(path, '..', path.split('/').at(-1) as string)))).code).toBe(
      'DATA_DIRECTORY_IN_USE',
    )
    await directory.close()
    await directory.close()
    expect((await errorOf(() => directory.log.append('t', 0, [record('a')]))).code).toBe('UNAVAILABLE')
    await (await openDataDirectory(path)).close()
  })

  test('a path longer than a socket address may be', async () => {
    const long = join(path, 'd'.repeat(120), 'e'.repeat(60), 'name.with.dots')
    const directory = await openDataDirectory(long)
    expect(existsSync(join(long, 'data.mdb'))).toBe(true)
    const second = start(long, 'hold')
    expect(await second.said(/^error/)).toContain('DATA_DIRECTORY_IN_USE')
    await directory.close()
  })
})

describe('a directory that can not be opened', () => {
  test('not empty, and not ours', async () => {
    writeFileSync(join(path, 'holiday.jpg'), 'x')
    expect((await errorOf(() => openDataDirectory(path))).code).toBe('FAILED_PRECONDITION')
    expect(readdirSync(path)).toEqual(['holiday.jpg'])
  })

  test('a file', async () => {
    const file = join(path, 'file')
    writeFileSync(file, '')
    expect((await errorOf(() => openDataDirectory(file))).code).toBe('INVALID_ARGUMENT')
  })

  test('damaged or cut off files', async () => {
    await fill()
    const format = join(path, 'FORMAT')
    const data = join(path, 'data.mdb')
    const good = readFileSync(data)
    writeFileSync(format, 'nonsense')
    expect((await errorOf(() => openDataDirectory(path))).message).toContain('file FORMAT is damaged')
    writeFileSync(format, 'weir data directory, version 1\n')
    for (const [what, damage] of [
      ['missing', () => rmSync(data)],
      ['mark', () => writeFileSync(data, Buffer.concat([Buffer.alloc(4096, 7), good.subarray(4096)]))],
      ['cut off', () => writeFileSync(data, good.subarray(0, 4096))],
      ['cut off', () => writeFileSync(data, good.subarray(0, 3 * 4096))],
    ] as const) {
      damage()
      const error = await errorOf(() => openDataDirectory(path))
      expect(error).toMatchObject({ code: 'DATA_DIRECTORY_CORRUPT', domain: 'external' })
      expect(error.message).toContain(what)
    }
    writeFileSync(data, good)
    await (await openDataDirectory(path)).close()
  })

  test('a file cut off at any page is an error, never the end of the process', async () => {
    await fill()
    const data = join(path, 'data.mdb')
    const good = readFileSync(data)
    const pages = good.length / 4096
    let errors = 0
    const cuts = [pages - 1, pages - 2, Math.floor(pages / 2), 5, 2]
    for (const keep of cuts) {
      writeFileSync(data, good.subarray(0, keep * 4096))
      // In a process of its own, as a bus error can't be caught.
      const child = start(path, 'read')
      const said = await child.said(/^(read|error)/)
      if (said.startsWith('error DATA_DIRECTORY_CORRUPT')) errors++
      await child.ended
    }
    // Cutting off pages that are free does no harm.
    expect(errors).toBeGreaterThanOrEqual(3)
    writeFileSync(data, good)
    expect(await start(path, 'read').said(/^read/)).toBe('read')
  })

  test('a newer format', async () => {
    await fill(1)
    writeFileSync(join(path, 'FORMAT'), 'weir data directory, version 2\n')
    const error = await errorOf(() => openDataDirectory(path))
    expect(error.code).toBe('DATA_DIRECTORY_NEWER')
    expect(error.message).toContain('format version 2')
  })

  test('no permission', async () => {
    if (process.getuid?.() === 0) {
      chmodSync(path, 0o700)
      const child = start(path, 'hold', { uid: 65534 })
      expect(await child.said(/^error/)).toContain('permission denied')
      return
    }
    chmodSync(path, 0o500)
    expect((await errorOf(() => openDataDirectory(path))).code).toBe('FAILED_PRECONDITION')
    chmodSync(path, 0o700)
  })

  test('a network file system, by its number', () => {
    expect(networkFileSystem(0x6969)).toBe('NFS')
    expect(networkFileSystem(0xff534d42)).toBe('CIFS')
    // statfs gives a signed number on some systems.
    expect(networkFileSystem(0xff534d42 | 0)).toBe('CIFS')
    expect(networkFileSystem(0x65735546)).toBe('FUSE')
    for (const local of [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630]) {
      expect(networkFileSystem(local)).toBeUndefined()
    }
  })
})

describe('damage found while reading', () => {
  test('a frame of garbage, of a flipped bit, of a newer version: the topic, partition and offset are named', async () => {
    await fill(20)
    const root = open({ path, noSubdir: false, maxDbs: 16, overlappingSync: false })
    const log = root.openDB<Uint8Array, Uint8Array>({ name: 'log', encoding: 'binary', keyEncoding: 'binary' })
    const keys = [...log.getKeys()].map((key) => Buffer.from(key))
    expect(keys.length).toBeGreaterThan(2)
    const damage = [
      () => Buffer.from('garbage'),
      (bytes: Buffer) => {
        bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
        return bytes
      },
      (bytes: Buffer) => {
        bytes[3] = 2
        return bytes
      },
    ]
    for (const [i, change] of damage.entries()) {
      const key = keys[i] as Buffer
      await log.put(key, change(Buffer.from(log.get(key) as Uint8Array)))
    }
    const bases = keys.map((key) => key.readUInt32BE(12))
    await root.close()
    const directory = await openDataDirectory(path)
    const reader = await directory.log.openReader('t')
    for (const [i, reason] of ['too few', 'checksum', 'version'].entries()) {
      const error = await errorOf(async () => reader.read(0, bases[i] as number, 1, 0))
      expect(error.code).toBe('DATA_DIRECTORY_CORRUPT')
      expect(error.message).toContain(`topic "t", partition 0, offset ${bases[i]}`)
      expect(error.message).toContain(reason)
    }
    expect(await reader.read(0, bases[3] as number, 1, 0)).toBeDefined()
    await directory.close()
  })
})

describe('disk full', () => {
  const mountable = canMount()

  test.skipIf(!mountable)('a commit that does not fit changes nothing; after room is made it goes on', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', path])
    try {
      const directory = await openDataDirectory(path)
      await directory.log.createTopic({ name: 'out', partitions: 1, retentionMs: 1, retentionBytes: undefined })
      let task = await directory.state.openTask('t')
      let epoch = 0
      const commit = async () => {
        const next = epoch + 1
        task.store('s', 't').put(Buffer.from('epoch'), Buffer.from(String(next)))
        for (let i = 0; i < 10; i++) task.store('s', 't').put(Buffer.from(`pad-${i}`), Buffer.alloc(1000, next))
        task.append('out', 0, [record('x'.repeat(100_000), next)])
        await task.commit(checkpoint(next))
        epoch = next
      }
      const error = await errorOf(async () => {
        for (;;) await commit()
      })
      expect(error).toMatchObject({ code: 'DISK_FULL', domain: 'external', retry: true })
      expect(epoch).toBeGreaterThan(5)
      const agreed = async () => {
        expect(task.checkpoint?.epoch).toBe(epoch)
        expect(Buffer.from(task.store('s', 't').get(Buffer.from('epoch')) as Uint8Array).toString()).toBe(String(epoch))
        const [offsets] = (await directory.log.topic('out'))?.offsets ?? []
        expect(offsets?.end).toBe(epoch)
        expect(await readAll(await directory.log.openReader('out'), 0, offsets?.start as number, 100)).toHaveLength(
          epoch - (offsets?.start as number),
        )
      }
      // The failed task is of no use any more; opened again it is where it was.
      expect(() => task.store('s', 't').get(Buffer.from('epoch'))).toThrow('failed commit')
      await task.close()
      task = await directory.state.openTask('t')
      await agreed()
      // Ingest says so as well, and its record is not there.
      const ingest = await errorOf(() => directory.log.append('out', 0, [record('y'.repeat(3_000_000), 0)]))
      expect(ingest.code).toBe('DISK_FULL')
      await agreed()
      execFileSync('mount', ['-o', 'remount,size=16m', path])
      await commit()
      await agreed()
      await directory.log.enforceRetention(1e9)
      expect((await directory.log.topic('out'))?.bytes).toBe(0)
      await directory.close()
      const again = await openDataDirectory(path)
      task = await again.state.openTask('t')
      expect(task.checkpoint?.epoch).toBe(epoch)
      await again.close()
    } finally {
      execFileSync('umount', ['-l', path])
    }
  })

  test.skipIf(!mountable)('a directory without room is not opened', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path])
    try {
      writeFileSync(join(path, 'lost+found'), Buffer.alloc(600_000))
      expect((await errorOf(() => openDataDirectory(path))).code).toBe('DISK_FULL')
    } finally {
      execFileSync('umount', ['-l', path])
    }
  })
})

function canMount(): boolean {
  const at = mkdtempSync(join(tmpdir(), 'weir-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' })
    execFileSync('umount', [at])
    return true
  } catch {
    return false
  } finally {
    rmSync(at, { recursive: true })
  }
}
