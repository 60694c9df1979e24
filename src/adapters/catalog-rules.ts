import { AppError } from '../core/errors.ts'

// What every catalog store asks of its callers, whatever it stores to.

/** A catalog key is one LMDB key with a prefix of ours: 1,978 bytes with pages of 4 KiB. */
const CATALOG_KEY_BYTES_MAX = 1900

export function checkCatalogKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes >= 1 && bytes <= CATALOG_KEY_BYTES_MAX) return
  throw new AppError('INVALID_ARGUMENT', `a catalog key of ${bytes} bytes is not valid`, {
    hint: `Use a name of 1 to ${CATALOG_KEY_BYTES_MAX} bytes.`,
  })
}
