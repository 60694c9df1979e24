// The file of `--auth-tokens-file`: tokens (as hashes), certificates and roles with their grants, as YAML or JSON.
//
//   tokens:
//     - { name: dashboard, sha256: 9f86…, grants: ["read:orders*"], expires: "2027-01-31" }
//   certificates:
//     - { name: replica-*, grants: [peer] }
//   roles:
//     analysts: ["read:*"]

import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { GRANT_FORM, GRANTS_MAX, parseGrant, Rights } from './grants.ts'
import type { Principal } from './principal.ts'

export const TOKENS_MAX = 10_000
const ROLES_MAX = 1_000

const name = z.string().min(1).max(200)
const grant = z.string().refine(isGrant, GRANT_FORM)
const grants = z.array(grant).max(GRANTS_MAX)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 hexadecimal digits, in lower case')
const time = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time, such as 2027-01-31 or 2027-01-31T12:00:00Z')

const FILE = z.strictObject({
  tokens: z
    .array(z.strictObject({ name, sha256, grants, expires: time.optional() }))
    .max(TOKENS_MAX)
    .default([]),
  certificates: z.array(z.strictObject({ name, grants })).max(TOKENS_MAX).default([]),
  roles: z
    .record(name, grants)
    .refine((roles) => Object.keys(roles).length <= ROLES_MAX, `at most ${ROLES_MAX}`)
    .default({}),
})

export type AuthFile = z.infer<typeof FILE>

/** Throws an Error that says where and what, and quotes nothing but names and grants. */
export function parseAuthFile(text: string): AuthFile {
  const lineCounter = new LineCounter()
  // Its own messages show the lines that are wrong.
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [fault] = document.errors
  if (fault !== undefined) throw new Error(`line ${lineCounter.linePos(fault.pos[0]).line}: ${fault.code}`)
  const parsed = FILE.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {})
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
  }
  const seen = new Set<string>()
  for (const { name, sha256 } of parsed.data.tokens) {
    if (seen.has(tokenKey(sha256))) throw new Error(`tokens: "${name}" has the hash of another`)
    seen.add(tokenKey(sha256))
  }
  return parsed.data
}

/** Finds a token: 64 bits of its hash, so that the rest is left to compare in constant time. */
export function tokenKey(sha256: string): string {
  return sha256.slice(0, 16)
}

/** What the tokens, certificates and roles of a file give, until the next one. */
export interface Credentials {
  /** By their keys. */
  readonly tokens: ReadonlyMap<string, Issued & { readonly sha256: string }>
  readonly certificates: readonly (Issued & { readonly pattern: string })[]
  readonly roles: AuthFile['roles']
  /** Aborts when roles have changed. */
  readonly rolesChanged: AbortController
}

interface Issued {
  readonly principal: Principal
  readonly abort: AbortController
  /** What it was made of. */
  readonly text: string
}

export const NO_CREDENTIALS: Credentials = {
  tokens: new Map(),
  certificates: [],
  roles: {},
  rolesChanged: new AbortController(),
}

/** What has not changed stays the same, so that calls go on; what has, or is gone, ends the calls that came with it. */
export function issue(file: AuthFile, before: Credentials = NO_CREDENTIALS): Credentials {
  const tokens = new Map(
    file.tokens.map((entry) => {
      const expiresAtMs = entry.expires === undefined ? undefined : Date.parse(entry.expires)
      const key = tokenKey(entry.sha256)
      return [key, { ...issued(entry, 'token', expiresAtMs, before.tokens.get(key)), sha256: entry.sha256 }]
    }),
  )
  const certificates = file.certificates.map((entry) => {
    const known = before.certificates.find((one) => one.pattern === entry.name)
    return { ...issued(entry, 'certificate', undefined, known), pattern: entry.name }
  })
  const sameRoles = JSON.stringify(before.roles) === JSON.stringify(file.roles)
  const kept = new Set([...tokens.values(), ...certificates].map((one) => one.abort))
  for (const { abort } of [...before.tokens.values(), ...before.certificates]) if (!kept.has(abort)) abort.abort()
  if (!sameRoles) before.rolesChanged.abort()
  return {
    tokens,
    certificates,
    roles: file.roles,
    rolesChanged: sameRoles ? before.rolesChanged : new AbortController(),
  }
}

function issued(
  entry: { readonly name: string; readonly grants: readonly string[] },
  by: Principal['by'],
  expiresAtMs: number | undefined,
  before: Issued | undefined,
): Issued {
  const text = JSON.stringify(entry)
  if (before?.text === text) return before
  const abort = new AbortController()
  const { name, grants } = entry
  return { principal: { name, by, rights: Rights.of(grants), expiresAtMs, revoked: abort.signal }, abort, text }
}

function isGrant(text: string): boolean {
  if (text === 'admin' || text === 'peer') return true
  try {
    return parseGrant(text).pattern !== ''
  } catch {
    return false
  }
}
