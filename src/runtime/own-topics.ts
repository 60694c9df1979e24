// Names of the topics that Weir makes for itself, beside those that users name.

import type { Storage } from '../adapters/storage.ts'

/** `<prefix>.catalog`, `<prefix>.replicas` */
const OF_SERVER = /^(catalog|replicas)$/
/** `<prefix>.results.<name>.<time>`, … and `<prefix>.<query>.<time>.changelog-0`, …: the time is in base 36. */
const OF_OBJECT =
  /^(?:(?:results|late|dead)\..+\.([0-9a-z]{8})|.+\.([0-9a-z]{8})\.(?:(?:changelog|exchange)-\d+|outbox))$/

/** Begins the names of all of them. */
export function prefixOf({ partitioned }: Storage): string {
  return partitioned?.prefix ?? 'weir'
}

/** False for whatever a user may have called so: a time is part of each name, and it has to be one of the past. */
export function isOwnTopic(name: string, prefix: string, nowMs: number): boolean {
  return OF_SERVER.test(without(prefix, name)) || isTopicOfObject(name, prefix, nowMs)
}

/** Of a view, a query or a stream: it goes with them. */
export function isTopicOfObject(name: string, prefix: string, nowMs: number): boolean {
  const [, result, own] = OF_OBJECT.exec(without(prefix, name)) ?? []
  const madeMs = Number.parseInt(result ?? own ?? '', 36)
  return madeMs >= FIRST_RELEASE_MS && madeMs <= nowMs
}

const FIRST_RELEASE_MS = Date.UTC(2026, 0, 1)

function without(prefix: string, name: string): string {
  return name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : ''
}
