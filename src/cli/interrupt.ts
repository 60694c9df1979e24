// Ctrl-C and SIGTERM for commands that are not the shell: the first asks the work to end and be shown, the second
// ends the process at once, in case the work does not listen.

import { EXIT_CODES } from './exit-codes.ts'

/** A signal that aborts on the first interrupt, until it is disposed. */
export function onInterrupt(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted)
    controller.abort()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    },
  }
}
