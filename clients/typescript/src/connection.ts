// How a client connects: who the server is and who calls it; TLS, certificates and tokens.

import {
  type ChannelCredentials,
  type ChannelOptions,
  credentials,
  InterceptingCall,
  type Interceptor,
} from '@grpc/grpc-js'

export interface TlsOptions {
  /** PEM of the authorities that the server's certificate must be of; without it those that Node.js trusts. */
  readonly ca?: Uint8Array | undefined
  /** PEM of a certificate to show, with its key. */
  readonly cert?: Uint8Array | undefined
  readonly key?: Uint8Array | undefined
}

/** The text itself, or how to get the one that is good now: it is asked for at each call. */
export type Token = string | (() => string | Promise<string>)

export interface ConnectOptions {
  /** Time to reach the server, ms. */
  readonly connectTimeoutMs?: number | undefined
  /** Time for one answer, ms; streams have none. */
  readonly callTimeoutMs?: number | undefined
  /** Settings of the session, as SET makes them. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Encrypts the connection; `true` trusts what Node.js trusts. */
  readonly tls?: boolean | TlsOptions | undefined
  /** Who calls: an API token or a JWT. Needs `tls`, except to this machine. */
  readonly token?: Token | undefined
  readonly channelOptions?: ChannelOptions | undefined
}

export function channelCredentials(address: string, { tls, token }: ConnectOptions): ChannelCredentials {
  if (tls === undefined || tls === false) {
    if (token !== undefined && !isLoopback(address)) {
      throw new Error(`a token would go to ${address} in plain text: connect with tls`)
    }
    return credentials.createInsecure()
  }
  const { ca, cert, key } = tls === true ? {} : tls
  return credentials.createSsl(bufferOf(ca), bufferOf(key), bufferOf(cert))
}

/** Why there was no connection, as gRPC tells it in the error of a call that needed one. */
export function reasonOf(error: unknown): string {
  const [, why] = /Last error: (.*?)(?:\. Resolution note.*)?$/s.exec(String(error)) ?? []
  return why === undefined ? '' : `: ${why}`
}

/** Puts the token on each call. */
export function tokenInterceptor(token: Token): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        if (typeof token === 'string') {
          metadata.set('authorization', `Bearer ${token}`)
          next(metadata, listener)
          return
        }
        void Promise.resolve()
          .then(token)
          .then((text) => {
            metadata.set('authorization', `Bearer ${text}`)
          })
          // The server says that there is none; the call then ends like any other that it refuses.
          .catch(() => undefined)
          .then(() => next(metadata, listener))
      },
    })
}

function isLoopback(address: string): boolean {
  return /^(127\.|localhost:|\[::1\]:)/.test(address)
}

function bufferOf(bytes: Uint8Array | undefined): Buffer | null {
  return bytes === undefined ? null : Buffer.from(bytes)
}
