/**
 * A secret by where it is, never by what it is: `${env:NAME}` or `${file:PATH}`. Statements, plans, the catalog and
 * SHOW hold references only; adapters read what they name at the moment that they need it, so that a secret can be
 * changed without touching a query.
 */
export interface SecretReference {
  readonly from: 'env' | 'file'
  readonly name: string
}

const REFERENCE = /^\$\{(env|file):([^{}]+)\}$/

/** Undefined where the text is no reference. */
export function parseSecretReference(text: string): SecretReference | undefined {
  const match = REFERENCE.exec(text)
  if (match === null) return undefined
  const [, from, name = ''] = match
  return { from: from as SecretReference['from'], name }
}
