import { AppError } from '../core/errors.ts'

/**
 * Where a subscriber is: opaque to clients, the same on every replica.
 *
 * A snapshot that is read in several parts sees each part of the table at another moment. `segments` says which keys
 * were given as of which offset, so that the changes that follow are told exactly once for every key.
 */
export interface ResumePosition {
  readonly name: string
  /** Tells apart two views that had the same name one after the other. */
  readonly topic: string
  /** Next offset of the result log. */
  readonly offset: number
  /** In the order of their keys; empty when no snapshot matters any more. */
  readonly segments: readonly SnapshotSegment[]
  /** True while rows of the snapshot are still to come, after the last segment. */
  readonly inSnapshot: boolean
}

/** Keys up to and including `upTo` (undefined: all the rest) were given as they were when the log ended at `offset`. */
export interface SnapshotSegment {
  readonly upTo: Uint8Array | undefined
  readonly offset: number
}

const VERSION = 1
/** Of tokens that hold one of version 1 for each partition. */
const MERGED_VERSION = 2
/** Longer tokens are not ours: a few segments of the longest keys. */
const TOKEN_CHARACTERS_MAX = 65_536
/** Some hundred bytes for each of a thousand partitions, and the snapshots of a few. */
const MERGED_TOKEN_CHARACTERS_MAX = 1_048_576
/** A snapshot is read in at most this many parts; one part lasts seconds, so this is hours of a very slow reader. */
export const SEGMENTS_MAX = 1_024

export function encodeResumeToken(position: ResumePosition): string {
  const { name, topic, offset, segments, inSnapshot } = position
  const parts = segments.map(({ upTo, offset: at }) => [
    upTo === undefined ? null : Buffer.from(upTo).toString('base64url'),
    at,
  ])
  return Buffer.from(JSON.stringify([VERSION, name, topic, offset, inSnapshot, parts])).toString('base64url')
}

/** Of a result log with several partitions: the tokens of all of them, in their order. */
export function encodeMergedToken(name: string, tokens: readonly string[]): string {
  return Buffer.from(JSON.stringify([MERGED_VERSION, name, tokens])).toString('base64url')
}

/** @throws AppError INVALID_ARGUMENT for a token that was not made by `encodeMergedToken` for as many partitions. */
export function decodeMergedToken(token: string, name: string, partitions: number): readonly ResumePosition[] {
  const [version, tokenName, tokens] = parseFields(token, MERGED_TOKEN_CHARACTERS_MAX)
  const wellFormed =
    version === MERGED_VERSION &&
    tokenName === name &&
    Array.isArray(tokens) &&
    tokens.length === partitions &&
    tokens.every((one) => typeof one === 'string')
  if (!wellFormed) throw invalid(`the resume token is malformed, or not of "${name}"`)
  return (tokens as readonly string[]).map((one) => decodeResumeToken(one, name))
}

/** @throws AppError INVALID_ARGUMENT for a token that was not made by `encodeResumeToken` for this name. */
export function decodeResumeToken(token: string, name: string): ResumePosition {
  const [version, tokenName, topic, offset, inSnapshot, parts] = parseFields(token, TOKEN_CHARACTERS_MAX)
  const wellFormed =
    version === VERSION &&
    typeof tokenName === 'string' &&
    typeof topic === 'string' &&
    isOffset(offset) &&
    typeof inSnapshot === 'boolean' &&
    Array.isArray(parts) &&
    parts.length <= SEGMENTS_MAX &&
    parts.every(isSegment)
  if (!wellFormed) throw invalid('the resume token is malformed')
  if (tokenName !== name) throw invalid(`the resume token belongs to "${tokenName}", not to "${name}"`)
  const segments = (parts as readonly (readonly [string | null, number])[]).map(([upTo, at]) => ({
    upTo: upTo === null ? undefined : new Uint8Array(Buffer.from(upTo, 'base64url')),
    offset: at,
  }))
  return { name: tokenName, topic, offset, segments, inSnapshot }
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isSegment(part: unknown): boolean {
  return Array.isArray(part) && (part[0] === null || typeof part[0] === 'string') && isOffset(part[1])
}

function parseFields(token: string, charactersMax: number): readonly unknown[] {
  if (token.length > charactersMax) throw invalid('the resume token is too long')
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (Array.isArray(fields)) return fields
  } catch {
    // Falls through: whatever is wrong with it, the answer is the same.
  }
  throw invalid('the resume token is malformed')
}

function invalid(message: string): AppError {
  return new AppError('INVALID_ARGUMENT', message, {
    hint: 'Pass a token as it came from a subscription to the same name, or none to begin anew.',
  })
}
