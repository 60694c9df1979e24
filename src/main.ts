// The server as a process: settings from the environment and the command line, then run until a signal.

import { parseArgs } from 'node:util'
import { AppError } from './core/errors.ts'
import { flagName, loadConfig, SETTING_NAMES, SETTINGS, type ServerConfig } from './server/config/config.ts'
import { runServer } from './server/run-server.ts'

function configOfProcess(): ServerConfig {
  const given = flagsOfProcess()
  const flags = Object.fromEntries(SETTING_NAMES.map((name) => [name, given[flagName(name)]]))
  return loadConfig({ environment: process.env, flags })
}

const SWITCHES = new Set(
  SETTING_NAMES.filter((name) => typeof SETTINGS[name].fallback === 'boolean').map((name) => `--${flagName(name)}`),
)

/** What is true or false is true where it is only named, as for `weir server`. */
function withValue(argument: string, at: number, all: readonly string[]): string {
  const isAlone = SWITCHES.has(argument) && /^(--|$)/.test(all[at + 1] ?? '')
  return isAlone ? `${argument}=true` : argument
}

function flagsOfProcess(): Readonly<Record<string, unknown>> {
  const options = Object.fromEntries(SETTING_NAMES.map((name) => [flagName(name), { type: 'string' as const }]))
  try {
    return parseArgs({ args: process.argv.slice(2).map(withValue), options, strict: true }).values
  } catch (error) {
    throw new AppError('INVALID_ARGUMENT', error instanceof Error ? error.message : String(error))
  }
}

process.exitCode = await runServer(configOfProcess)
