// Logs as JSON lines to stderr, so that stdout stays free for data. What users write (SQL, values, names of theirs)
// is not logged: messages name methods, codes and durations.

import type { LoggerService } from '@nestjs/common'
import { destination, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

const STDERR = 2

export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: STDERR, sync: true }),
  )
}

/** Nest's own messages, one level down: they matter to us, not to who runs the server. */
export function nestLogger(logger: Logger): LoggerService {
  const say =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) =>
      logger[level]({ component: rest.at(-1) }, String(message))
  return { log: say('debug'), debug: say('debug'), verbose: say('debug'), warn: say('warn'), error: say('error') }
}
