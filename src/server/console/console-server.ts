// The console: a web page at an address of its own. It is one more client of the protocol (`gateway.ts`).

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OnApplicationShutdown } from '@nestjs/common'
import type { ServerConfig } from '../config/config.ts'
import type { GrpcServer } from '../grpc/grpc-server.ts'
import { listenHttp } from '../listen-http.ts'
import { pageTls, type ReloadedPair } from '../security/server-tls.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type ConsoleFile, consoleFiles } from './console-files.ts'
import { type Gateway, openGateway } from './gateway.ts'
import { foreignCall, foreignHost, pageHeaders } from './page-guard.ts'

/** Of headers and of a request that does not come to its end. */
const REQUEST_TIMEOUT_MS = 10_000
const HEADER_BYTES_MAX = 32 * 1024
/** A browser opens six to a server. */
const CONNECTIONS_MAX = 512
/** In index.html, where the nonce of each answer goes. */
const NONCE_MARK = 'NONCE'
const NONCE_BYTES = 18

export interface ConsoleParts {
  readonly config: ServerConfig
  readonly logger: Logger
  readonly grpc: GrpcServer
}

export class ConsoleServer implements OnApplicationShutdown {
  readonly #parts: ConsoleParts
  #server: Server | undefined
  #tls: ReloadedPair | undefined
  #folder: string | undefined

  constructor(parts: ConsoleParts) {
    this.#parts = parts
  }

  /** Resolves to the URL of the page, undefined where there is none. Throws ADDRESS_IN_USE. */
  async listen(): Promise<string | undefined> {
    const { config, logger, grpc } = this.#parts
    const listen = config.consoleListen
    if (listen === '') return undefined
    const files = consoleFiles()
    // Nobody else may call by this way in: the folder is the user's alone.
    this.#folder = mkdtempSync(join(tmpdir(), 'weir-console-'))
    const socket = join(this.#folder, 'grpc')
    await grpc.listenAt(socket)
    this.#tls = pageTls(config, logger)
    const options = { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: REQUEST_TIMEOUT_MS }
    const answer = answerer(listen, files, openGateway(socket))
    const server =
      this.#tls === undefined
        ? createServer(options, answer)
        : this.#tls.follow(createTlsServer({ ...options, ...this.#tls.context }, answer))
    server.maxConnections = CONNECTIONS_MAX
    const address = await listenHttp(server, listen, { name: 'the console', setting: 'consoleListen' })
    this.#server = server
    return `${this.#tls === undefined ? 'http' : 'https'}://${address}/`
  }

  onApplicationShutdown(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
    this.#tls?.[Symbol.dispose]()
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}

function answerer(listen: string, files: ReadonlyMap<string, ConsoleFile>, gateway: Gateway) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const nonce = randomBytes(NONCE_BYTES).toString('base64')
    for (const [name, value] of Object.entries(pageHeaders(nonce))) response.setHeader(name, value)
    const path = request.url?.split('?', 1)[0] ?? '/'
    const calls = gateway.serves(path)
    const foreign = foreignHost(request, listen) ?? (calls ? foreignCall(request) : undefined)
    if (foreign !== undefined) refuse(response, 403, foreign)
    else if (calls) gateway.handle(request, response)
    else sendFile(request, response, path, files.get(path), nonce)
  }
}

function sendFile(
  { method }: IncomingMessage,
  response: ServerResponse,
  path: string,
  file: ConsoleFile | undefined,
  nonce: string,
): void {
  if (file === undefined) {
    refuse(response, 404, 'there is no such page')
    return
  }
  if (method !== 'GET' && method !== 'HEAD') {
    refuse(response, 405, 'the page is read with GET')
    return
  }
  const bytes = path === '/' ? Buffer.from(file.bytes.toString().replaceAll(NONCE_MARK, nonce)) : file.bytes
  response.writeHead(200, {
    'content-type': file.type,
    'content-length': bytes.length,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-store',
  })
  response.end(method === 'HEAD' ? undefined : bytes)
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`${why}\n`)
}
