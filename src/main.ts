// The server as a process: settings from the environment and the command line, then run until a signal.

import { parseArgs } from 'node:util'
import { AppError } from './core/errors.ts'
import { flagName, loadConfig, SETTING_NAMES, type ServerConfig } from './server/config/config.ts'
import { runServer } from './server/run-server.ts'

function configOfProcess(): ServerConfig {
  const given = flagsOfProcess()
  const flags = Object.fromEntries(SETTING_NAMES.map((name) => [name, given[flagName(name)]]))
  return loadConfig({ environment: process.env, flags })
}

function flagsOfProcess(): Readonly<Record<string, unknown>> {
  const options = Object.fromEntries(SETTING_NAMES.map((name) => [flagName(name), { type: 'string' as const }]))
  try {
    return parseArgs({ options, strict: true }).values
  } catch (error) {
    throw new AppError('INVALID_ARGUMENT', error instanceof Error ? error.message : String(error))
  }
}

process.exitCode = await runServer(configOfProcess)
