// A server in a process of its own, and what it costs.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** As `npm run build` has left it, on any free port. */
export function spawnServer(directory: string): ChildProcessByStdio<null, null, Readable> {
  return spawn(process.execPath, ['dist/src/main.js', '--listen', '127.0.0.1:0', '--data-directory', directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

export async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stderr })
  for await (const line of lines) {
    const { address } = JSON.parse(line) as { address?: string }
    if (address === undefined) continue
    stderr.resume()
    return address
  }
  throw new Error('the server ended before it listened; build it first: npm run build')
}

/** Processor time of a process so far, from Linux: user and system, in ticks of 10 ms. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Linux keeps the peak of a process. */
export function peakRss(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
