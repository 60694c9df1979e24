import { createHash } from 'node:crypto'
import { readUtf8, utf8 } from '../../../core/bytes.ts'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import { fromBase64, fromHex, toBase64, toHex } from '../../../core/format-value.ts'
import { hash64 } from '../../../core/hash.ts'
import { keyCodec } from '../../../core/key-codec.ts'
import { type ExactInteger, exact, type Value } from '../../../core/value.ts'
import { type FunctionTable, lenientBy, type ScalarBody, strict } from '../function.ts'

/** Bytes as text, and hashes. */
function digest(algorithm: string): ScalarBody {
  return strict((value: string | Uint8Array) => createHash(algorithm).update(value).digest('hex'))
}

function encode(bytes: Uint8Array, encoding: string): string {
  switch (encoding.toLowerCase()) {
    case 'hex':
      return toHex(bytes)
    case 'base64':
      return toBase64(bytes)
    case 'utf-8':
    case 'utf8':
      try {
        return readUtf8(bytes, 0, bytes.length, 'bytes')
      } catch {
        throw new EvaluationError('bytes are not valid UTF-8')
      }
    default:
      throw unknownEncoding()
  }
}

function decode(text: string, encoding: string): Uint8Array {
  switch (encoding.toLowerCase()) {
    case 'hex':
      return fromHex(text) ?? invalid('hexadecimal digits')
    case 'base64':
      return fromBase64(text) ?? invalid('base64')
    case 'utf-8':
    case 'utf8':
      return utf8(text)
    default:
      throw unknownEncoding()
  }
}

function invalid(what: string): never {
  throw new EvaluationError(`text is not valid ${what}`)
}

function unknownEncoding(): EvaluationError {
  return new EvaluationError("encoding is none of 'hex', 'base64' and 'utf-8'")
}

export const BYTES_FUNCTIONS: FunctionTable = {
  md5: digest('md5'),
  sha1: digest('sha1'),
  sha256: digest('sha256'),
  sha512: digest('sha512'),
  to_hex: strict((value: ExactInteger | Uint8Array) =>
    value instanceof Uint8Array ? toHex(value) : BigInt.asUintN(64, BigInt(value)).toString(16),
  ),
  from_hex: strict((text: string) => fromHex(text) ?? invalid('hexadecimal digits')),
  encode: strict(encode),
  decode: strict(decode),
  hash: lenientBy(({ types }) => {
    const codec = keyCodec(types)
    return (...values: Value[]) => exact(hash64(codec.encode(values)))
  }),
}
