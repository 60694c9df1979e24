// `weir token create`: a new API token, shown once, and what the server keeps of it.

import { hashOf, newToken } from '../../server/security/api-token.ts'
import { parseAuthFile } from '../../server/security/auth-file.ts'
import { EXIT_CODES, type ExitCode, UsageError } from '../exit-codes.ts'
import { paint, type Terminal } from '../terminal.ts'

export interface TokenOptions {
  readonly name: string
  readonly grant: readonly string[]
  readonly expires?: string | undefined
  readonly json?: boolean | undefined
}

export function createTokenCommand({ name, grant, expires, json }: TokenOptions, terminal: Terminal): ExitCode {
  const token = newToken()
  const entry = { name, sha256: hashOf(token), grants: grant, ...(expires === undefined ? {} : { expires }) }
  checkEntry(entry)
  if (json === true) {
    terminal.out.write(`${JSON.stringify({ token, entry })}\n`)
    return EXIT_CODES.ok
  }
  const say = (text: string) => terminal.err.write(`${paint(text, 'dim', terminal.colour.err)}\n`)
  say('The token, which is shown this once:')
  terminal.out.write(`${token}\n`)
  say('Its line under "tokens:" in the file of --auth-tokens-file; the server keeps no more than this:')
  terminal.out.write(`- ${JSON.stringify(entry)}\n`)
  return EXIT_CODES.ok
}

/** As the server will read it. */
function checkEntry(entry: object): void {
  try {
    parseAuthFile(JSON.stringify({ tokens: [entry] }))
  } catch (error) {
    throw new UsageError(`the token would not be taken: ${error instanceof Error ? error.message : String(error)}`)
  }
}
