// How a command reaches a server: its address, TLS, and who calls. Secrets come from files or the environment, never
// from arguments, which everybody on the machine sees.

import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { ConnectOptions } from '../../clients/typescript/src/index.ts'
import { UsageError } from './exit-codes.ts'

/** Where a server listens when nothing else is said; a test holds it equal to the server's own default. */
export const DEFAULT_ADDRESS = '127.0.0.1:7878'

export interface ConnectionOptions {
  /** host:port */
  readonly server: string
  readonly tls?: boolean | undefined
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly tokenFile?: string | undefined
}

export function addConnectionOptions(command: Command): Command {
  const option = (flags: string, text: string, variable: string) => new Option(flags, text).env(variable)
  return command
    .addOption(option('-s, --server <address>', 'host:port of the server', 'WEIR_ADDRESS').default(DEFAULT_ADDRESS))
    .option('--tls', 'connect with TLS; the files below turn it on too')
    .addOption(option('--ca-file <file>', 'authorities that the server must be of, PEM', 'WEIR_CA_FILE'))
    .addOption(option('--cert-file <file>', 'certificate to show to the server, PEM', 'WEIR_CERT_FILE'))
    .addOption(option('--key-file <file>', 'its private key, PEM', 'WEIR_KEY_FILE'))
    .addOption(option('--token-file <file>', 'file with an API token or JWT (or WEIR_TOKEN)', 'WEIR_TOKEN_FILE'))
}

/** Reads the files; a token from a file is read again for each call, since it may be one that is renewed. */
export async function connectOptions(
  options: ConnectionOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ConnectOptions> {
  const { tls, caFile, certFile, keyFile, tokenFile } = options
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new UsageError('--cert-file and --key-file are given together')
  }
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(read))
  const secured = tls === true || ca !== undefined || cert !== undefined
  const token = tokenFile === undefined ? environment['WEIR_TOKEN']?.trim() : await tokenOf(tokenFile)
  if (token !== undefined && token !== '' && !secured && !/^(127\.|localhost:|\[::1\]:)/.test(options.server)) {
    throw new UsageError(`the token would go to ${options.server} in plain text`, 'Add --tls or --ca-file.')
  }
  return { ...(secured ? { tls: { ca, cert, key } } : {}), ...(token ? { token } : {}) }
}

async function tokenOf(path: string): Promise<() => Promise<string>> {
  await read(path)
  return async () => (await readFile(path, 'utf8')).trim()
}

function read(path: string | undefined): Promise<Buffer> | undefined {
  return path === undefined
    ? undefined
    : readFile(path).catch((cause: unknown) => {
        throw new UsageError(`cannot read file "${path}": ${cause instanceof Error ? cause.message : String(cause)}`)
      })
}
