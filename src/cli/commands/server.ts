// `weir server`: the settings of the server as options, then its whole life.

import { type Command, Option } from 'commander'
import {
  environmentName,
  flagName,
  loadConfig,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  unknownVariables,
} from '../../server/config/config.ts'
import type { Terminal } from '../terminal.ts'

/** One option a setting, described by the table that the server itself reads. */
export function addServerOptions(command: Command): void {
  for (const name of SETTING_NAMES) {
    const { text, fallback } = SETTINGS[name]
    // The two that are typed by hand have a short form.
    const short = name === 'listen' ? '-l, ' : name === 'dataDirectory' ? '-d, ' : ''
    // What is true or false is true where it is only named.
    const value = typeof fallback === 'boolean' ? '[value]' : '<value>'
    const flags = `${short}--${flagName(name)} ${value}`
    command.addOption(new Option(flags, `${text} (${environmentName(name)}, default ${String(fallback)})`))
  }
  command.addOption(new Option('--data-dir <dir>', 'the same as --data-directory').hideHelp())
}

export async function serverCommand(
  options: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  for (const name of unknownVariables(environment)) {
    terminal.err.write(`warning: environment variable ${name} sets nothing; see weir server --help\n`)
  }
  const { dataDir, ...settings } = options
  const flags: Partial<Record<SettingName, unknown>> = settings
  const withDirectory = dataDir === undefined ? flags : { dataDirectory: dataDir, ...flags }
  const { runServer } = await import('../../server/run-server.ts')
  return runServer(() => loadConfig({ environment, flags: withDirectory }))
}
