import { type ClientReadableStream, Metadata, makeClientConstructor, type ServiceError, status } from '@grpc/grpc-js'
import { AppError } from '../../core/errors.ts'
import type { Peers, PeerTablePage, PeerTableRequest, PeerTasksRequest } from '../../runtime/peers.ts'
import type { TaskStats } from '../../runtime/task-loop.ts'
import { PEER_SERVICE } from '../grpc/protos.ts'
import type { DescribeTasksResponse } from '../proto/weir/internal/v1/DescribeTasksResponse.ts'
import type { PeerServiceClient } from '../proto/weir/internal/v1/PeerService.ts'
import type { ReadTableResponse } from '../proto/weir/internal/v1/ReadTableResponse.ts'
import { type PeerIdentity, PLAIN, type Shown } from '../security/peer-identity.ts'
import { statsOf } from './peers.mapper.ts'

/**
 * Asks other replicas by gRPC. One connection a replica, opened with the first call; a replica that does not answer
 * costs whoever asks no more than a deadline. All that goes wrong is UNAVAILABLE, since all of it may pass: the replica
 * is down, or the task is no longer there.
 */
export interface GrpcPeersOptions {
  /** For one page; a page is what fits in one turn of the replica's thread. */
  readonly pageTimeoutMs?: number
  /** What others are shown; closed with the rest. Undefined where nobody asks. */
  readonly identity?: PeerIdentity | undefined
}

const PAGE_TIMEOUT_MS = 10_000
/** Somebody sits and waits for what all replicas say. */
const TASKS_TIMEOUT_MS = 2_000
/** A page is 256 KiB, or one row; a row is at most as large as a record of Kafka may be, with room to spare. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024
/** To a replica that comes back: it is asked for something again and again, and must not wait for minutes. */
const RECONNECT_MS_MAX = 2_000
/** Replicas that have had an address at one time or another; connections to those that went away are idle. */
const CLIENTS_MAX = 1_000

const PeerClient = makeClientConstructor(PEER_SERVICE, 'PeerService')

export class GrpcPeers implements Peers {
  readonly #pageTimeoutMs: number
  readonly #identity: PeerIdentity | undefined
  readonly #clients = new Map<string, PeerServiceClient>()
  #shown: Shown = PLAIN

  constructor({ pageTimeoutMs = PAGE_TIMEOUT_MS, identity }: GrpcPeersOptions = {}) {
    this.#pageTimeoutMs = pageTimeoutMs
    this.#identity = identity
  }

  async *readTable(address: string, request: PeerTableRequest, signal: AbortSignal): AsyncGenerator<PeerTablePage> {
    if (signal.aborted) throw cancelled()
    const { to, ...rest } = request
    const call = this.#client(address).ReadTable(to === undefined ? rest : { ...rest, to }, this.#metadata())
    // Told by the iterator as well, and by it alone while nobody asks for a page.
    call.on('error', () => undefined)
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    const pages = call[Symbol.asyncIterator]() as AsyncIterator<ReadTableResponse>
    try {
      for (;;) {
        const next = await this.#within(pages.next(), call, address, signal)
        if (next.done === true) throw unavailable(address, 'the table ended before its end')
        const page = pageOf(next.value)
        yield page
        if (page.end) return
      }
    } finally {
      signal.removeEventListener('abort', cancel)
      call.cancel()
    }
  }

  async describeTasks(address: string, request: PeerTasksRequest): Promise<ReadonlyMap<string, TaskStats>> {
    const deadline = Date.now() + TASKS_TIMEOUT_MS
    const { tasks } = await new Promise<DescribeTasksResponse>((resolve, reject) => {
      this.#client(address).DescribeTasks(
        request,
        this.#metadata(),
        { deadline },
        (error: ServiceError | null, response) => {
          if (error === null) resolve(response as DescribeTasksResponse)
          else reject(new AppError('UNAVAILABLE', silence(error), { domain: 'external', retry: true }))
        },
      )
    })
    return new Map(tasks.map((one) => [one.task, statsOf(one)]))
  }

  async close(): Promise<void> {
    this.#identity?.[Symbol.dispose]()
    this.#closeClients()
  }

  #closeClients(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }

  #metadata(): Metadata {
    const metadata = new Metadata()
    const token = this.#identity?.shown.token
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
    return metadata
  }

  #client(address: string): PeerServiceClient {
    const shown = this.#identity?.shown ?? PLAIN
    // Connections that show an old certificate are let go; what runs on them ends by itself.
    if (shown !== this.#shown) this.#closeClients()
    this.#shown = shown
    const known = this.#clients.get(address)
    if (known !== undefined) return known
    const [oldest] = this.#clients
    if (oldest !== undefined && this.#clients.size >= CLIENTS_MAX) {
      oldest[1].close()
      this.#clients.delete(oldest[0])
    }
    const client = new PeerClient(address, shown.credentials, {
      'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS_MAX,
    }) as unknown as PeerServiceClient
    this.#clients.set(address, client)
    return client
  }

  async #within<T>(
    page: Promise<T>,
    call: ClientReadableStream<ReadTableResponse>,
    address: string,
    signal: AbortSignal,
  ): Promise<T> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      call.cancel()
    }, this.#pageTimeoutMs)
    try {
      return await page
    } catch (error) {
      if (signal.aborted) throw cancelled()
      throw unavailable(address, late ? `no answer for ${this.#pageTimeoutMs} ms` : (error as ServiceError).details)
    } finally {
      clearTimeout(timer)
    }
  }
}

function pageOf({ entries, resultEnd, end }: ReadTableResponse): PeerTablePage {
  return { entries: entries.map(({ key, value }) => [key, value] as const), resultEnd: Number(resultEnd), end }
}

function silence({ code, details }: ServiceError): string {
  return code === status.DEADLINE_EXCEEDED ? `no answer for ${TASKS_TIMEOUT_MS} ms` : details
}

function cancelled(): AppError {
  return new AppError('CANCELLED', 'nobody waits for the table any more')
}

function unavailable(address: string, reason: string): AppError {
  return new AppError('UNAVAILABLE', `the replica at ${address} has a part of the view: ${reason}`, {
    domain: 'external',
    retry: true,
    hint: 'Try again; when its replica is gone, another takes over after the session timeout.',
  })
}
