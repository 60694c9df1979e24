// What this replica shows to the others when it asks them: its certificate, where the port has one, and the token of
// `--peer-token-file`. Taken up when the files change.

import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import type { ServerConfig } from '../config/config.ts'
import { type FileSetting, settingFault, WatchedFiles } from './watched-file.ts'

export interface Shown {
  readonly credentials: ChannelCredentials
  readonly token: string | undefined
}

/** How a replica without TLS and tokens is reached. */
export const PLAIN: Shown = { credentials: credentials.createInsecure(), token: undefined }

export class PeerIdentity implements Disposable {
  readonly #names: readonly FileSetting[]
  readonly #files: WatchedFiles
  #shown: Shown

  constructor(config: ServerConfig, onFault: (error: unknown) => void) {
    this.#names = namesOf(config)
    this.#files = new WatchedFiles(this.#names, config)
    this.#shown = this.#show(this.#files.texts)
    this.#files.watch((texts) => {
      this.#shown = this.#show(texts)
    }, onFault)
  }

  /** Another object once something has changed. */
  get shown(): Shown {
    return this.#shown
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]()
  }

  #show(texts: readonly string[]): Shown {
    const textOf = (...names: readonly FileSetting[]) => texts[this.#names.findIndex((name) => names.includes(name))]
    const [cert, key, ca] = [textOf('tlsCertFile'), textOf('tlsKeyFile'), textOf('peerCaFile', 'tlsClientCaFile')]
    const token = textOf('peerTokenFile')?.trim()
    if (token === '') throw settingFault('peerTokenFile', 'is empty', 'Write the token into it, and nothing else.')
    if (cert === undefined || key === undefined) return { ...PLAIN, token }
    // Throws for what does not fit, which the credentials would tell at each connection only.
    createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca: [new X509Certificate(ca).toString()] }) })
    const [caBytes, keyBytes, certBytes] = [ca, key, cert].map((text) =>
      text === undefined ? null : Buffer.from(text),
    )
    return { credentials: credentials.createSsl(caBytes, keyBytes, certBytes), token }
  }
}

function namesOf(config: ServerConfig): readonly FileSetting[] {
  const authority = config.peerCaFile === '' ? ('tlsClientCaFile' as const) : ('peerCaFile' as const)
  const names: readonly FileSetting[] = ['tlsCertFile', 'tlsKeyFile', authority, 'peerTokenFile']
  return names.filter((name) => config[name] !== '')
}
