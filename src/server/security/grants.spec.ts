import { describe, expect, it } from 'vitest'
import type { Need } from '../../runtime/access.ts'
import { matches, parseGrant, Rights } from './grants.ts'

const need = (right: Need['right'], name: string, resource: Need['resource'] = 'relation'): Need => ({
  right,
  resource,
  name,
})

describe('a pattern', () => {
  it.each([
    ['orders', 'orders', true],
    ['orders', 'orders2', false],
    ['orders*', 'orders', true],
    ['orders*', 'orders_eu', true],
    ['orders*', 'my_orders', false],
    ['*_eu', 'orders_eu', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['ab*ba', 'aba', false],
    ['*', '', true],
    ['**', 'anything', true],
    ['', 'x', false],
    ['.*', 'orders', false],
  ])('%j on %j: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected)
  })

  it('takes the time that the name takes, also where it is made to be slow', () => {
    const startMs = performance.now()
    expect(matches(`${'a*'.repeat(5_000)}b`, 'a'.repeat(100_000))).toBe(false)
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })
})

describe('a grant', () => {
  it.each([
    ['read:orders*', { right: 'read', resource: 'relation', pattern: 'orders*' }],
    ['manage:topic:raw.orders', { right: 'manage', resource: 'topic', pattern: 'raw.orders' }],
    ['read:secret:env:PASSWORD', { right: 'read', resource: 'secret', pattern: 'env:PASSWORD' }],
    ['read:a:b', { right: 'read', resource: 'relation', pattern: 'a:b' }],
  ])('%s', (text, grant) => {
    expect(parseGrant(text)).toEqual(grant)
  })

  it.each(['', 'read', 'read:', 'Read:x', 'admin:x', 'raed:orders', '*', 'read:topic:'])('%j is none', (text) => {
    expect(() => Rights.of([text])).toThrow('is no grant')
  })
})

describe('rights', () => {
  it('are those that were given and no others', () => {
    const rights = Rights.of(['read:orders*', 'write:orders', 'manage:topic:raw'])
    expect(rights.cover(need('read', 'orders_eu'))).toBe(true)
    expect(rights.cover(need('write', 'orders_eu'))).toBe(false)
    expect(rights.cover(need('manage', 'orders'))).toBe(false)
    expect(rights.cover(need('any', 'orders_eu'))).toBe(true)
    expect(rights.cover(need('any', 'customers'))).toBe(false)
    expect(rights.cover(need('manage', 'raw', 'topic'))).toBe(true)
    expect(rights.cover(need('manage', 'raw'))).toBe(false)
    expect(rights.cover(need('read', 'orders', 'topic'))).toBe(false)
  })

  it('of an admin cover all but what is between replicas; of a replica nothing else', () => {
    const admin = Rights.of(['admin'])
    expect(admin.cover(need('manage', 'file', 'connector'))).toBe(true)
    expect(admin.isPeer).toBe(false)
    const peer = Rights.of(['peer'])
    expect(peer.isPeer).toBe(true)
    expect(peer.cover(need('any', 'orders'))).toBe(false)
  })
})
