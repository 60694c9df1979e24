// Pages of the server: each listens at an address of its own.

import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../core/errors.ts'
import { environmentName, flagName, type SettingName } from './config/config.ts'

export interface Page {
  /** In an error: the address "of" this. */
  readonly name: string
  /** The setting that has the address. */
  readonly setting: SettingName
}

/** `listen` is `host:port`. Resolves to that with the port as bound. Throws ADDRESS_IN_USE. */
export async function listenHttp(server: Server, listen: string, page: Page): Promise<string> {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(bindError(listen, page, error)))
    server.listen({ port: Number(listen.slice(colon + 1)), host: host.replace(/^\[|\]$/g, '') }, resolve)
  })
  return `${host}:${(server.address() as AddressInfo).port}`
}

function bindError(listen: string, { name, setting }: Page, error: NodeJS.ErrnoException): AppError {
  const option = `--${flagName(setting)} (${environmentName(setting)})`
  if (error.code === 'EADDRINUSE') {
    return new AppError('ADDRESS_IN_USE', `address ${listen} of ${name} is in use`, {
      hint: `choose another address with ${option}`,
    })
  }
  return new AppError('INVALID_ARGUMENT', `can't serve ${name} at ${listen}: ${error.message}`, {
    hint: `choose an address of this machine with ${option}`,
  })
}
