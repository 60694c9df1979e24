// Runs the server until a signal ends it: the whole life of a server process.

import { AppError } from '../core/errors.ts'
import { type ServerConfig, unknownVariables } from './config/config.ts'
import { type RunningServer, startServer } from './start-server.ts'

/** Exit code of a process that a second signal ended, as shells count: 128 + SIGINT. */
const EXIT_FORCED = 130
/** 128 + SIGTERM. */
const EXIT_TERMINATED = 143
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Resolves to the exit code. The first SIGTERM or SIGINT drains, the second ends the process at once; so does one
 * before the server has started.
 */
export async function runServer(load: () => ServerConfig): Promise<number> {
  let server: RunningServer
  const stopListening = exitOnSignal()
  try {
    server = await startServer(load())
    for (const name of unknownVariables(process.env)) process.stderr.write(`weir: warning: ${name} is no setting\n`)
  } catch (error) {
    return reportFailure(error)
  } finally {
    stopListening()
  }
  await firstSignal()
  try {
    await server.close()
    return 0
  } catch (error) {
    return reportFailure(error)
  }
}

/** What a signal does to any other process. As the first one of a container it would do nothing without a handler. */
function exitOnSignal(): () => void {
  const exit = () => process.exit(EXIT_TERMINATED)
  for (const signal of SIGNALS) process.on(signal, exit)
  return () => {
    for (const signal of SIGNALS) process.off(signal, exit)
  }
}

function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    const onSignal = () => {
      signals += 1
      if (signals > 1) process.exit(EXIT_FORCED)
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
  })
}

/** One line for what the world or the user caused; a defect shows its stack. */
function reportFailure(error: unknown): number {
  if (error instanceof AppError) {
    process.stderr.write(`weir: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}\n`)
  } else process.stderr.write(`weir: ${error instanceof Error ? error.stack : String(error)}\n`)
  return 1
}
