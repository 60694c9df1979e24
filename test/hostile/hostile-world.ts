// A server in a process of its own with a stream that nobody may read, an attacker with rights over other names, and a
// client beside it whose answers are timed from another process.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { hashOf, newToken } from '../../src/server/security/api-token.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../e2e/server-process.ts'

/** Stands in rows that only the owner may see. */
export const CANARY = 'canary-of-the-secret-stream-e4da3b7f'
const READY_MS = 30_000
const ANSWER_MS = 10_000
const KIB_PER_MIB = 1024

export interface Attacker {
  readonly address: string
  readonly host: string
  readonly port: number
  readonly token: string
  readonly client: WeirClient
}

export class HostileWorld implements AsyncDisposable {
  readonly attacker: Attacker
  readonly #server: ServerProcess
  readonly #probe: ChildProcess
  readonly #directory: string
  readonly #latencies: number[] = []
  /** Set when the process has ended by itself. */
  #exited = false

  private constructor(attacker: Attacker, server: ServerProcess, probe: ChildProcess, directory: string) {
    this.attacker = attacker
    this.#server = server
    this.#probe = probe
    this.#directory = directory
    void server.exitCode().then(() => {
      this.#exited = true
    })
    probe.on('message', (ms) => this.#latencies.push(Number(ms)))
  }

  static async open(): Promise<HostileWorld> {
    buildServer()
    const directory = temporaryDirectory()
    const [owner, hostile, beside] = [newToken(), newToken(), newToken()]
    const grants = {
      owner: ['admin'],
      hostile: ['read:mine*', 'write:mine*', 'manage:mine*'],
      beside: ['read:public*'],
    }
    const tokens = Object.entries(grants).map(([name, given], i) => ({
      name,
      sha256: hashOf([owner, hostile, beside][i] as string),
      grants: given,
    }))
    const authTokensFile = join(directory, 'auth.json')
    writeFileSync(authTokensFile, JSON.stringify({ tokens }))
    const address = await freeAddress()
    const flags = ['--auth-tokens-file', authTokensFile, '--audit-file', join(directory, 'audit.jsonl')]
    const server = ServerProcess.spawn(address, join(directory, 'data'), flags)
    const admin = await WeirClient.connect(address, { token: owner, connectTimeoutMs: READY_MS })
    await admin.execute(`
      CREATE STREAM secret (id BIGINT, text STRING);
      INSERT INTO secret VALUES (1, '${CANARY}');
      CREATE MATERIALIZED VIEW secrets AS SELECT id, text FROM secret;
      CREATE STREAM public (region STRING, amount BIGINT);
      INSERT INTO public VALUES ('eu', 1), ('us', 2), ('eu', 3);
      CREATE MATERIALIZED VIEW public_sums AS SELECT region, SUM(amount) AS n FROM public GROUP BY region EMIT CHANGES;
      CREATE STREAM mine (id BIGINT, text STRING);
      CREATE MATERIALIZED VIEW mine_all AS SELECT id, text FROM mine`)
    await admin.close()
    const client = await WeirClient.connect(address, { token: hostile })
    const [host = '', port = ''] = address.split(':')
    const probe = fork(join(import.meta.dirname, 'probe.ts'), [address, beside], { stdio: 'inherit' })
    await once(probe, 'message')
    return new HostileWorld({ address, host, port: Number(port), token: hostile, client }, server, probe, directory)
  }

  /** Of the client beside, since this was asked last. */
  takeP95Ms(): number {
    const sorted = this.#latencies.splice(0).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length * 0.95)] ?? Number.POSITIVE_INFINITY
  }

  memoryMib(): number {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#server.pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kib) / KIB_PER_MIB)
  }

  /** It runs, and answers a new connection. */
  async isUp(): Promise<boolean> {
    if (this.#exited) return false
    try {
      const { address, token } = this.attacker
      const options = { token, connectTimeoutMs: ANSWER_MS, channelOptions: { 'grpc.use_local_subchannel_pool': 1 } }
      await using client = await WeirClient.connect(address, options)
      await client.execute('SELECT 1 AS one', { timeoutMs: ANSWER_MS })
      return true
    } catch {
      return false
    }
  }

  /** Of the log and the audit log. */
  get logged(): string {
    return this.#server.stderr + readFileSync(join(this.#directory, 'audit.jsonl'), 'utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#probe.kill()
    await this.attacker.client.close()
    await this.#server.kill()
    rmSync(this.#directory, { recursive: true, force: true })
    removeBuild()
  }
}
