import { readFile } from 'node:fs/promises'
import { AppError } from '../core/errors.ts'
import { parseSecretReference } from '../core/secret-reference.ts'

/** A secret file with more is no secret, but the wrong file. */
export const SECRET_BYTES_MAX = 64 * 1024

/**
 * What a reference stands for; a text that is no reference stands for itself. A file's last line break is the
 * editor's. Messages name the reference, never the secret.
 */
export async function readSecret(text: string): Promise<string> {
  const reference = parseSecretReference(text)
  if (reference === undefined) return text
  if (reference.from === 'env') {
    const value = process.env[reference.name]
    if (value !== undefined && value !== '') return value
    throw missing(text, `environment variable "${reference.name}" is not set`)
  }
  let content: Buffer
  try {
    content = await readFile(reference.name)
  } catch (cause) {
    throw missing(text, `file "${reference.name}" can't be read`, cause)
  }
  if (content.length > SECRET_BYTES_MAX) {
    throw missing(text, `file "${reference.name}" has more than ${SECRET_BYTES_MAX} bytes`)
  }
  return content.toString('utf8').replace(/\r?\n$/, '')
}

/** It may be set or mounted later: a query that runs tries again. */
function missing(text: string, reason: string, cause?: unknown): AppError {
  return new AppError('FAILED_PRECONDITION', `the secret ${text}: ${reason}`, {
    domain: 'external',
    retry: true,
    hint: 'Set it where the server runs.',
    cause,
  })
}
