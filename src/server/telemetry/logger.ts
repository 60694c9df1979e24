// Logs as JSON lines to stderr, so that stdout stays free for data. What users write (SQL, values, names of theirs)
// is not logged: messages name methods, codes and durations.

import type { LoggerService } from '@nestjs/common'
import { trace } from '@opentelemetry/api'
import { destination, type Logger, pino } from 'pino'
import { AppError } from '../../core/errors.ts'

export type { Logger } from 'pino'

const STDERR = 2

export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, mixin: traceIds },
    destination({ dest: STDERR, sync: true }),
  )
}

/** Of the span that a line is written in, where it is kept: so that one leads to the other. */
export function traceIds(): { readonly trace_id?: string; readonly span_id?: string } {
  const span = trace.getActiveSpan()
  if (span?.isRecording() !== true) return {}
  const { traceId, spanId } = span.spanContext()
  return { trace_id: traceId, span_id: spanId }
}

/**
 * Nest's own messages, all of them for us: they tell how modules are put together, and of errors that Nest throws as
 * well, which whoever starts the server reports once.
 */
export function nestLogger(logger: Logger): LoggerService {
  const say = (message: unknown, ...rest: unknown[]) => logger.debug({ component: rest.at(-1) }, String(message))
  return { log: say, debug: say, verbose: say, warn: say, error: say, fatal: say }
}

/**
 * What a log may say of an error: its code and, of a defect, where it happened. Not the message: that may quote what a
 * user wrote.
 */
export function faultOf(error: unknown): { readonly code: string; readonly stack?: string } {
  if (error instanceof AppError && error.code !== 'INTERNAL') return { code: error.code }
  const defect = error instanceof AppError ? (error.cause ?? error) : error
  if (!(defect instanceof Error)) return { code: 'INTERNAL' }
  const frames = defect.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return { code: 'INTERNAL', stack: [defect.name, ...frames].join('\n') }
}
