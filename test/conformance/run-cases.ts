// Runs the cases of clients/conformance with the driver of one language, against a server of its own. The driver tells
// what each step gave; what it should have given, only this side knows.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { freeAddress, ServerProcess, temporaryDirectory } from '../e2e/server-process.ts'
import { difference, sorted } from './compare.ts'

export const CASES = join(import.meta.dirname, '../../clients/conformance/cases.json')

interface Step {
  readonly do: string
  readonly expect?: Readonly<Record<string, unknown>>
  /** Its changes may come in any order. */
  readonly unordered?: boolean
}

interface Case {
  readonly name: string
  readonly steps: readonly Step[]
}

/** How a driver is started; the address and the cases come as its last arguments. */
export interface Driver {
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

interface Failure {
  readonly case: string
  readonly problem: string
}

export interface Outcome {
  readonly cases: number
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly seconds: number
}

/** Cuts a reader that stalls before the cases of slow readers have waited long. */
const SERVER_FLAGS = ['--subscriber-stall-timeout-ms', '500']
const START_MS = 30_000
/** One step: none waits for more than half of it. */
const STEP_MS = 40_000
const STDERR_SHOWN = 2_000

export function readCases(): readonly Case[] {
  return (JSON.parse(readFileSync(CASES, 'utf8')) as { cases: readonly Case[] }).cases
}

export async function runCases(driver: Driver): Promise<Outcome> {
  const start = performance.now()
  const directory = temporaryDirectory()
  const server = await Server.start(directory)
  try {
    const { results, problem } = await drive(driver, server)
    const cases = readCases()
    const failures = cases.flatMap((one) => judge(one, results, problem))
    const seconds = Math.round((performance.now() - start) / 100) / 10
    return { cases: cases.length, passed: cases.length - failures.length, failures, seconds }
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

class Server {
  readonly address: string
  readonly #directory: string
  #process: ServerProcess

  private constructor(address: string, directory: string) {
    this.address = address
    this.#directory = directory
    this.#process = ServerProcess.spawn(address, directory, SERVER_FLAGS)
  }

  static async start(directory: string): Promise<Server> {
    const server = new Server(await freeAddress(), directory)
    await server.#ready()
    return server
  }

  async #ready(): Promise<void> {
    const client = await WeirClient.connect(this.address, { connectTimeoutMs: START_MS })
    await client.close()
  }

  /** What a driver may ask for. */
  async act(action: string): Promise<void> {
    if (action === 'ready') return
    if (action === 'pause') this.#process.signal('SIGSTOP')
    else if (action === 'continue') this.#process.signal('SIGCONT')
    else {
      if (action === 'kill') await this.#process.kill()
      else {
        this.#process.signal('SIGTERM')
        await this.#process.exitCode()
      }
      this.#process = ServerProcess.spawn(this.address, this.#directory, SERVER_FLAGS)
      await this.#ready()
    }
  }

  async stop(): Promise<void> {
    await this.#process.kill()
  }
}

type Results = ReadonlyMap<string, Readonly<Record<string, unknown>>>

const keyOf = (name: string, step: number) => `${name}/${step}`

async function drive(driver: Driver, server: Server): Promise<{ results: Results; problem: string }> {
  const { command, args, environment } = driver
  const child = spawn(command, [...args, server.address, CASES], { env: { ...process.env, ...environment } })
  const timer = setTimeout(() => child.kill('SIGKILL'), STEP_MS)
  const results = new Map<string, Readonly<Record<string, unknown>>>()
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  child.stdin.on('error', () => {})
  const closed = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    timer.refresh()
    const message = JSON.parse(line) as {
      server?: string
      case: string
      step: number
      result: Readonly<Record<string, unknown>>
    }
    if (message.server === undefined) results.set(keyOf(message.case, message.step), message.result)
    else {
      await server.act(message.server)
      child.stdin.write('done\n')
    }
  }
  const [code, signal] = (await closed) as [number | null, string | null]
  clearTimeout(timer)
  const problem = code === 0 ? '' : `the driver ended with ${code ?? signal}: ${stderr.slice(-STDERR_SHOWN)}`
  return { results, problem }
}

function judge({ name, steps }: Case, results: Results, problem: string): readonly Failure[] {
  for (const [index, { expect = {}, unordered = false }] of steps.entries()) {
    const actual = results.get(keyOf(name, index))
    if (actual === undefined) return [{ case: name, problem: `step ${index} gave nothing. ${problem}` }]
    const found = unexpected(expect, actual) ?? difference(inOrder(expect, unordered), inOrder(actual, unordered))
    if (found !== undefined) return [{ case: name, problem: `step ${index}: ${found}` }]
  }
  return []
}

/** An error that no case expects is told whole. */
function unexpected(expect: Readonly<Record<string, unknown>>, actual: Readonly<Record<string, unknown>>) {
  const wrong = ['error', 'crash', 'unknown'].find((kind) => actual[kind] !== undefined && expect[kind] === undefined)
  return wrong === undefined ? undefined : `${wrong} ${JSON.stringify(actual[wrong])}`
}

function inOrder(result: Readonly<Record<string, unknown>>, unordered: boolean) {
  const { changes } = result
  return unordered && Array.isArray(changes) ? { ...result, changes: sorted(changes) } : result
}
