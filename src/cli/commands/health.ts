// `weir health`: one call of grpc.health.v1, for the probes of containers, which run it every few seconds. So it speaks
// HTTP/2 itself, in a tenth of the time that loading gRPC takes: one frame there and one back.

import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { AppError } from '../../core/errors.ts'
import { EXIT_CODES, type ExitCode, UsageError } from '../exit-codes.ts'
import { reportError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'

export interface HealthOptions {
  /** host:port */
  readonly server: string
  /** "" is the server as a whole. */
  readonly service: string
  readonly tls?: boolean | undefined
  readonly tlsCertFile?: string | undefined
  readonly tlsKeyFile?: string | undefined
  readonly timeoutMs: number
}

/** HealthCheckResponse.ServingStatus, by number. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
/** One byte that says whether it is compressed, four of length. */
const FRAME_HEADER_BYTES = 5
const GRPC_NOT_FOUND = '5'

/** Ends with 0 where the service serves, else with that of a server that is not ready. */
export async function healthCommand(options: HealthOptions, terminal: Terminal): Promise<ExitCode> {
  try {
    const status = await healthOf(options)
    terminal.out.write(`${status}\n`)
    return status === 'SERVING' ? EXIT_CODES.ok : EXIT_CODES.unreachable
  } catch (error) {
    return reportError(error, terminal.err, { colour: terminal.colour.err })
  }
}

/** Name of the status, `SERVING` where the service serves. Throws AppError where nobody answers. */
export async function healthOf(options: HealthOptions): Promise<string> {
  const session = openSession(options)
  try {
    return await check(session, options)
  } finally {
    session.destroy()
  }
}

function openSession({ server, tls, tlsCertFile, tlsKeyFile }: HealthOptions): ClientHttp2Session {
  if (tls !== true) return connect(`http://${server}`)
  return connect(`https://${server}`, {
    // A probe asks at an address of the loopback, which no certificate names.
    rejectUnauthorized: false,
    ...(tlsCertFile === undefined ? {} : { cert: pem(tlsCertFile) }),
    ...(tlsKeyFile === undefined ? {} : { key: pem(tlsKeyFile) }),
  })
}

function pem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${error instanceof Error ? error.message : String(error)}`)
  }
}

function check(session: ClientHttp2Session, { server, service, timeoutMs }: HealthOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new AppError('UNAVAILABLE', `server at ${server} ${why}`))
    const timer = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`), timeoutMs)
    // What a stream dies of is the fault of its connection, which says what it is.
    const onError = ({ cause, message }: Error) =>
      fail(`can't be asked: ${cause instanceof Error ? cause.message : message}`)
    session.once('error', onError)
    session.once('close', () => clearTimeout(timer))
    const call = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    })
    const chunks: Buffer[] = []
    let grpcStatus: unknown
    let message: unknown
    // A call that fails at once has its status in the headers, every other in the trailers.
    const onHeaders = (headers: IncomingHttpHeaders) => {
      grpcStatus ??= headers['grpc-status']
      message ??= headers['grpc-message']
    }
    call.on('response', onHeaders)
    call.on('trailers', onHeaders)
    call.on('data', (chunk: Buffer) => chunks.push(chunk))
    call.on('error', onError)
    call.on('end', () => {
      if (grpcStatus === '0') resolve(servingStatus(Buffer.concat(chunks)))
      else if (grpcStatus === GRPC_NOT_FOUND) resolve('SERVICE_UNKNOWN')
      else fail(`answered with gRPC status ${String(grpcStatus)}: ${String(message)}`)
    })
    call.end(frame(service))
  })
}

/** HealthCheckRequest: field 1 is the service. */
function frame(service: string): Buffer {
  const name = Buffer.from(service)
  const body = Buffer.concat([Buffer.from([0x0a, name.length]), name])
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt32BE(body.length, 1)
  return Buffer.concat([header, body])
}

/** HealthCheckResponse: field 1 is the status; one that is left out is the first. */
function servingStatus(answer: Buffer): string {
  const [tag, value] = answer.subarray(FRAME_HEADER_BYTES)
  return (tag === 0x08 ? STATUSES[value ?? 0] : undefined) ?? 'UNKNOWN'
}
