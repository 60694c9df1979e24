// A server with authentication over an engine in memory, and callers with the grants that a test gives them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { openRuntime } from '../../src/cli/local-runtime.ts'
import type { Runtime } from '../../src/runtime/api.ts'
import { loadConfig, type SettingName } from '../../src/server/config/config.ts'
import { hashOf, newToken } from '../../src/server/security/api-token.ts'
import type { AuthFile } from '../../src/server/security/auth-file.ts'
import { type RunningServer, startServer } from '../../src/server/start-server.ts'

export const RELOAD_MS = 30

export class GuardedServer implements AsyncDisposable {
  readonly address: string
  /** URL of the console, where there is one. */
  readonly console: string | undefined
  readonly #stack: AsyncDisposableStack
  readonly #folder: string
  readonly #tokens = new Map<string, AuthFile['tokens'][number] & { readonly token: string }>()
  readonly #rest: Partial<AuthFile>

  private constructor(
    { address, console }: RunningServer,
    folder: string,
    rest: Partial<AuthFile>,
    stack: AsyncDisposableStack,
  ) {
    this.address = address
    this.console = console
    this.#folder = folder
    this.#rest = rest
    this.#stack = stack
  }

  static async start(
    flags: Partial<Record<SettingName, unknown>> = {},
    rest: Partial<AuthFile> = {},
    open: () => Promise<Runtime> = () => openRuntime({ dataDir: undefined }),
  ): Promise<GuardedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
    const stack = new AsyncDisposableStack()
    stack.defer(() => rmSync(folder, { recursive: true }))
    const authTokensFile = join(folder, 'auth.json')
    writeFileSync(authTokensFile, JSON.stringify(rest))
    const files = { authTokensFile, auditFile: join(folder, 'audit.jsonl') }
    const all = { listen: '127.0.0.1:0', logLevel: 'silent', credentialReloadMs: RELOAD_MS, ...files, ...flags }
    try {
      const server = stack.use(await startServer(loadConfig({ flags: all }), { open }))
      return new GuardedServer(server, folder, rest, stack)
    } catch (error) {
      await stack.disposeAsync()
      throw error
    }
  }

  /** A token that the server knows when this resolves; giving a name other grants changes them. */
  async token(name: string, grants: readonly string[], expires?: string): Promise<string> {
    const token = this.#tokens.get(name)?.token ?? newToken()
    const entry = { name, sha256: hashOf(token), grants: [...grants], ...(expires === undefined ? {} : { expires }) }
    this.#tokens.set(name, { ...entry, token })
    await this.#write()
    return token
  }

  async revoke(name: string): Promise<void> {
    this.#tokens.delete(name)
    await this.#write()
  }

  /** A client that brings the token of `name`, made with these grants. */
  async client(name: string, grants: readonly string[]): Promise<WeirClient> {
    return this.connect(await this.token(name, grants))
  }

  async connect(token?: string): Promise<WeirClient> {
    return this.#stack.use(await WeirClient.connect(this.address, { token }))
  }

  async #write(): Promise<void> {
    const tokens = [...this.#tokens.values()].map(({ token: _, ...entry }) => entry)
    writeFileSync(join(this.#folder, 'auth.json'), JSON.stringify({ ...this.#rest, tokens }))
    // The server looks every so often.
    await new Promise((resolve) => setTimeout(resolve, 5 * RELOAD_MS))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
