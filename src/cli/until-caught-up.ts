import { AppError } from '../core/errors.ts'
import type { QueryStats, Runtime } from '../runtime/api.ts'

/** How often a query is asked whether it has read its input. */
const CAUGHT_UP_POLL_MS = 20

export interface CaughtUpOptions {
  readonly signal?: AbortSignal
  /** Hears of the rows that all have read so far. */
  readonly onRead?: (rows: number) => void
}

/** Until every query of a script over bounded input has read it. Resolves to their names; throws for one that fails. */
export async function untilCaughtUp(
  runtime: Runtime,
  { signal, onRead }: CaughtUpOptions = {},
): Promise<readonly string[]> {
  const queries = (await runtime.list('query')).map(({ name }) => name)
  while (signal?.aborted !== true) {
    const stats = await Promise.all(queries.map((name) => runtime.stats(name)))
    onRead?.(stats.reduce((sum, { rowsIn }) => sum + rowsIn, 0))
    if (stats.every((one, i) => isCaughtUp(queries[i] ?? '', one))) break
    await new Promise((resolve) => setTimeout(resolve, CAUGHT_UP_POLL_MS))
  }
  return queries
}

function isCaughtUp(name: string, { state, error }: QueryStats): boolean {
  if (state === 'failed') throw new AppError('INTERNAL', `query "${name}" failed: ${error ?? 'unknown reason'}`)
  return state !== 'running'
}
