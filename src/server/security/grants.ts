// Rights as they are written: `read:orders*`, `manage:topic:raw.*`, `admin`, `peer`. Nothing is allowed that no grant
// names, and no right is part of another: whoever manages a stream may not therefore read it.

import type { Need, Resource, Right } from '../../runtime/access.ts'

export interface Grant {
  readonly right: Right
  readonly resource: Resource
  /** A name in which `*` stands for any characters. */
  readonly pattern: string
}

/** All rights over everything, but for what only replicas do. */
export const ADMIN = 'admin'
/** What replicas of the deployment ask of each other, and nothing else. */
export const PEER = 'peer'

const RIGHTS: readonly Right[] = ['read', 'write', 'manage']
const RESOURCES: readonly Resource[] = ['relation', 'topic', 'connector', 'secret']
/** More than anybody writes by hand. */
export const GRANTS_MAX = 1_000

/** The rights of one caller. */
export class Rights {
  readonly isAdmin: boolean
  readonly isPeer: boolean
  readonly #grants: readonly Grant[]

  private constructor(texts: readonly string[], grants: readonly Grant[]) {
    this.isAdmin = texts.includes(ADMIN)
    this.isPeer = texts.includes(PEER)
    this.#grants = grants
  }

  /** Throws for a text that is no grant: a right that is misspelt must not be thought to be given. */
  static of(texts: readonly string[]): Rights {
    return new Rights(texts, texts.filter((text) => text !== ADMIN && text !== PEER).map(parseGrant))
  }

  cover({ right, resource, name }: Need): boolean {
    if (this.isAdmin) return true
    return this.#grants.some(
      (grant) =>
        (right === 'any' || grant.right === right) && grant.resource === resource && matches(grant.pattern, name),
    )
  }

  /** Every relation is seen: nothing has to be kept back. */
  get seeAll(): boolean {
    return this.isAdmin || this.#grants.some(({ resource, pattern }) => resource === 'relation' && pattern === '*')
  }
}

export const GRANT_FORM =
  'a grant is read:NAME, write:NAME or manage:NAME, with * for any characters; of a topic, connector or secret ' +
  'manage:topic:NAME and so on; or admin, or peer'

export function parseGrant(text: string): Grant {
  const [right = '', ...rest] = text.split(':')
  const resource = rest.length > 1 ? RESOURCES.find((one) => one === rest[0]) : undefined
  const pattern = rest.slice(resource === undefined ? 0 : 1).join(':')
  const known = RIGHTS.find((one) => one === right)
  if (known === undefined || pattern === '') throw new Error(`"${text}" is no grant`)
  return { right: known, resource: resource ?? 'relation', pattern }
}

/** `read:orders`, `manage:topic:raw`: as the grant that would cover it. */
export function grantText({ right, resource, name }: Need): string {
  return `${right === 'any' ? 'read' : right}:${resource === 'relation' ? '' : `${resource}:`}${name}`
}

/** In the time that the name takes to read, whatever the pattern is. */
export function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === name
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}
