import { AppError } from './errors.ts'

/**
 * For what a later release has written: it is refused, never read as something else. During an upgrade both releases
 * are at work on the same topics, and after a downgrade the earlier one finds what the later has left.
 */
export function newerFormat(what: string, version: number, known: number): AppError {
  return new AppError('DATA_DIRECTORY_NEWER', `${what} has version ${version}; this release reads up to ${known}`, {
    domain: 'external',
    hint: 'Run the release that wrote it, or a later one.',
  })
}
