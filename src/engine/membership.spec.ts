import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Membership } from './membership.ts'
import type { HeartbeatRecord } from './ports/replicas.ts'
import { HeartbeatScript, heartbeat } from './testing/heartbeats.ts'

describe('a member', () => {
  it('is dead when it was silent for longer than its session timeout, at the record that shows it', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 3000, ['a', 'b'])
    script.sayAll(4000, 13_000, ['b'])
    expect(script.names).toEqual(['a', 'b'])
    expect(script.say(13_001, 'b')).toBe(true)
    expect(script.names).toEqual(['b'])
  })

  it('goes by its own session timeout', () => {
    const script = new HeartbeatScript()
    script.say(0, 'a', { sessionTimeoutMs: 3000 })
    script.say(0, 'b')
    script.sayAll(1000, 4000, ['c'])
    expect(script.names).toEqual(['b', 'c'])
  })

  it('is not killed by a silence of the whole log, however long', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 3000, ['a', 'b'])
    // 30 s without brokers. b is back first, a takes 8 s more.
    script.sayAll(33_000, 41_000, ['b'])
    expect(script.names).toEqual(['a', 'b'])
    script.say(41_500, 'a')
    expect(script.member('a')?.settled).toBe(true)
  })

  it('is killed when only it is silent after an outage', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 3000, ['a', 'b'])
    script.sayAll(33_000, 42_000, ['b'])
    expect(script.names).toEqual(['b'])
  })

  it('lives if it speaks at the very record that would have shown it dead', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 3000, ['a', 'b'], { running: ['q.1/0/0'] })
    script.sayAll(4000, 12_500, ['b'])
    script.say(13_900, 'a', { running: ['q.1/0/0'] })
    expect(script.member('a')).toMatchObject({ settled: true, running: new Map([['q.1/0/0', 0]]) })
  })

  it('does not die early or late when the clock of the log steps back', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 5000, ['a', 'b'])
    script.sayAll(1000, 9000, ['b'])
    expect(script.names).toEqual(['a', 'b'])
    script.sayAll(10_000, 11_001, ['b'])
    script.say(11_500, 'b')
    expect(script.names).toEqual(['b'])
  })

  it('that comes back after its death joins anew, and what it claims counts from then', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 3000, ['a', 'b'], { running: ['q.1/0/0'] })
    script.sayAll(4000, 20_000, ['b'])
    script.say(20_100, 'a', { running: ['q.1/0/0'] })
    expect(script.member('a')).toMatchObject({ settled: false, running: new Map([['q.1/0/0', 25]]) })
  })

  it('that leaves stays until it runs nothing, then goes at once', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 2000, ['a', 'b'], { running: ['q.1/0/0', 'q.1/0/1'] })
    expect(script.say(2100, 'a', { leaving: true, running: ['q.1/0/1'] })).toBe(true)
    expect(script.member('a')?.leaving).toBe(true)
    expect(script.say(2200, 'a', { leaving: true })).toBe(true)
    expect(script.names).toEqual(['b'])
  })

  it('that has left is not brought back by a late retry of what it said before', () => {
    const script = new HeartbeatScript()
    script.say(0, 'a', { sequence: 1 })
    script.say(100, 'a', { sequence: 3, leaving: true })
    expect(script.say(200, 'a', { sequence: 2 })).toBe(false)
    expect(script.names).toEqual([])
  })

  it('that has left and starts again joins anew', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 2000, ['a'])
    script.say(2100, 'a', { leaving: true })
    script.say(2200, 'a', { incarnation: 2 })
    expect(script.member('a')?.settled).toBe(false)
  })

  it('does not take back what it said last for a retry of what it said before', () => {
    const script = new HeartbeatScript()
    script.say(0, 'a', { sequence: 1, running: [] })
    script.say(100, 'a', { sequence: 3, running: ['q.1/0/0'] })
    script.say(200, 'a', { sequence: 2, running: [] })
    expect([...(script.member('a')?.running.keys() ?? [])]).toEqual(['q.1/0/0'])
  })
})

describe('a restart', () => {
  it('within the session timeout keeps the seat, its claims and its age', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 2000, ['a', 'b'], { running: ['q.1/0/0'] })
    script.sayAll(3000, 9000, ['b'])
    script.say(9500, 'a', { incarnation: 2, process: 'q', sequence: 1, running: ['q.1/0/0'] })
    expect(script.member('a')).toMatchObject({ incarnation: 2, settled: true, running: new Map([['q.1/0/0', 0]]) })
  })

  it('leaves nothing to the older process: what it still says is not heard', () => {
    const script = new HeartbeatScript()
    script.say(0, 'a', { incarnation: 2, process: 'x', running: ['q.1/0/0'] })
    expect(script.say(500, 'a', { incarnation: 1, process: 'z', running: [] })).toBe(false)
    // Started at once under one name: the higher process has it.
    expect(script.say(600, 'a', { incarnation: 2, process: 'w', running: [] })).toBe(false)
    expect(script.member('a')).toMatchObject({ process: 'x', running: new Map([['q.1/0/0', 0]]) })
    expect(script.say(700, 'a', { incarnation: 2, process: 'y', running: [] })).toBe(true)
    expect(script.member('a')?.process).toBe('y')
  })

  it('again and again loses the tasks until the process stays up for its session timeout', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 2000, ['a', 'b'])
    for (let restart = 1; restart <= 2; restart++) script.say(2000 + restart * 2000, 'a', { incarnation: 1 + restart })
    expect(script.member('a')?.settled).toBe(true)
    script.say(8000, 'a', { incarnation: 4 })
    expect(script.member('a')?.settled).toBe(false)
    script.sayAll(8500, 17_500, ['a', 'b'], { incarnation: 4 })
    expect(script.member('a')?.settled).toBe(false)
    script.say(18_000, 'a', { incarnation: 4 })
    expect(script.member('a')?.settled).toBe(true)
  })
})

describe('joining', () => {
  it('settles when nobody has joined for a second', () => {
    const script = new HeartbeatScript()
    script.say(0, 'a')
    script.say(600, 'b')
    script.say(1500, 'a')
    expect(script.member('a')?.settled).toBe(false)
    expect(script.say(1600, 'b')).toBe(true)
    expect([script.member('a')?.settled, script.member('b')?.settled]).toEqual([true, true])
  })

  it('settles after three seconds at the latest, though others join all the time', () => {
    const script = new HeartbeatScript()
    script.say(0, 'a')
    for (let i = 1; i <= 5; i++) {
      script.say(i * 500, `storm-${i}`)
      script.say(i * 500, 'a')
    }
    expect(script.member('a')?.settled).toBe(false)
    script.say(3000, 'storm-6')
    script.say(3000, 'a')
    expect(script.member('a')?.settled).toBe(true)
    expect(script.member('storm-6')?.settled).toBe(false)
  })

  it('does not unsettle those that are there', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 2000, ['a'])
    script.say(2100, 'b')
    expect([script.member('a')?.settled, script.member('b')?.settled]).toEqual([true, false])
  })
})

describe('observe', () => {
  it('says whether somebody has to look: for a task more or less, for a copy that is fresher', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 2000, ['a'], { held: new Map([['q.1/0/0', 1]]) })
    expect(script.say(3000, 'a', { held: new Map([['q.1/0/0', 1]]) })).toBe(false)
    expect(script.say(3100, 'a', { held: new Map([['q.1/0/0', 2]]) })).toBe(true)
    expect(script.member('a')?.held.get('q.1/0/0')).toBe(2)
    expect(script.say(4000, 'a', { held: new Map([['q.1/0/1', 2]]) })).toBe(true)
    expect(script.say(5000, 'a', { running: ['q.1/0/1'] })).toBe(true)
  })

  it('takes what it can not read for time that passes', () => {
    const membership = new Membership()
    membership.observe({ position: 0, timestampMs: 0, heartbeat: heartbeat('a') })
    for (let i = 1; i <= 11; i++) membership.observe({ position: i, timestampMs: i * 1000, heartbeat: undefined })
    expect(membership.members).toEqual([])
  })

  it('comes to the same list however late a replica began to read, once a session timeout has passed', () => {
    const record = fc.record({
      gapMs: fc.integer({ min: -200, max: 3000 }),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      restarts: fc.nat({ max: 4 }).map((n) => n === 0),
      tasks: fc.subarray(['q.1/0/0', 'q.1/0/1', 'q.1/1/0']),
    })
    const property = fc.property(
      fc.array(record, { minLength: 10, maxLength: 80 }),
      fc.nat({ max: 30 }),
      (steps, skip) => {
        let timestampMs = 0
        const lives = new Map<string, number>()
        const records = steps.map(({ gapMs, name, restarts, tasks }, position): HeartbeatRecord => {
          timestampMs += gapMs
          const incarnation = (lives.get(name) ?? 1) + (restarts ? 1 : 0)
          lives.set(name, incarnation)
          const said = { incarnation, sequence: position, sessionTimeoutMs: 5000, running: tasks }
          return { position, timestampMs, heartbeat: heartbeat(name, said) }
        })
        const early = new Membership()
        const late = new Membership()
        for (const one of records.slice(0, skip)) early.observe(one)
        const fromMs = early.livedMs
        for (const one of records.slice(skip)) {
          early.observe(one)
          late.observe(one)
          // The first gap is one that the late reader can't see.
          if (early.livedMs - fromMs <= 5000 + 2000) continue
          expect(late.members.map(({ name }) => name)).toEqual(early.members.map(({ name }) => name))
        }
      },
    )
    fc.assert(property, { numRuns: 300 })
  })
})
