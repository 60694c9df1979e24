import { describe, expect, it } from 'vitest'
import { Slots } from './slots.ts'

describe('Slots', () => {
  it('takes as many as the limits say, and not one more', () => {
    const slots = new Slots({ what: 'subscriptions', total: 3, perPeer: 2 })
    slots.take('a')
    const second = slots.take('a')
    expect(() => slots.take('a')).toThrow('too many subscriptions from this address: the limit is 2')
    slots.take('b')
    expect(() => slots.take('c')).toThrow('too many subscriptions: the limit of the server is 3')
    second()
    // Given back once, whatever is called how often.
    second()
    slots.take('c')
    expect(() => slots.take('c')).toThrow('the limit of the server is 3')
  })
})
