// The clients that there are, each with what it needs to run its driver. What is fetched or built is kept under
// node_modules/.cache/clients; a language whose tools are not here is skipped, with the reason.

import { join } from 'node:path'
import type { Driver } from './run-cases.ts'

const clients = join(import.meta.dirname, '../../clients')

/** The tools of a language are not here; the message says what is missing. */
export class ToolsMissingError extends Error {}

export interface Language {
  readonly name: string
  /**
   * Builds the driver, if it has to be.
   *
   * @throws ToolsMissingError
   */
  readonly prepare: () => Promise<Driver>
}

export const LANGUAGES: readonly Language[] = [
  {
    name: 'typescript',
    prepare: async () => ({ command: process.execPath, args: [join(clients, 'typescript/conformance/driver.ts')] }),
  },
]
