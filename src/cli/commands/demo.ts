// `weir demo`: a server in this process on a directory of its own, a client that feeds it over gRPC, and a reader.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { loadConfig } from '../../server/config/config.ts'
import { startServer } from '../../server/start-server.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

export interface DemoOptions {
  readonly once?: boolean | undefined
  /** Orders a second. */
  readonly rate: number
  readonly dataDir?: string | undefined
}

export async function demoCommand(options: DemoOptions, terminal: Terminal): Promise<ExitCode> {
  const temporary = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'weir-demo-')) : undefined
  const dataDirectory = options.dataDir ?? temporary
  try {
    // Any free port: the demo must not collide with a server that runs already.
    await using server = await startServer(
      loadConfig({ flags: { listen: '127.0.0.1:0', dataDirectory, logLevel: 'error' } }),
    )
    await using client = await WeirClient.connect(server.address)
    if (options.once === true)
      return await (await import('../demo/run-once.ts')).runOnce(client, options.rate, terminal)
    return await (await import('../demo/run-live.ts')).runLive(client, options.rate, terminal)
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
  }
}
