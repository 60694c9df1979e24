import { describe, expect, it } from 'vitest'
import { assign } from './assignment.ts'
import { DutyRoster } from './duties.ts'
import { HeartbeatScript } from './testing/heartbeats.ts'

const TASKS = ['q.1/0/0', 'q.1/0/1']

function dutiesOf(script: HeartbeatScript, roster: DutyRoster) {
  const { membership } = script
  const { claim, run } = roster.dutiesOf(assign(TASKS, membership.members, 0), membership)
  return { claim: [...claim], run: [...run] }
}

describe('a replica', () => {
  const a = () => new DutyRoster({ name: 'a', incarnation: 1, process: 'p' })
  const b = () => new DutyRoster({ name: 'b', incarnation: 1, process: 'p' })

  it('claims what another ran when that one says that it has stopped, not before, and runs it when it has the claim', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 1000, ['a'], { running: TASKS })
    script.sayAll(1500, 2500, ['b'])
    script.say(2500, 'a', { running: TASKS })
    expect(dutiesOf(script, a())).toEqual({ claim: ['q.1/0/0'], run: ['q.1/0/0'] })
    expect(dutiesOf(script, b())).toEqual({ claim: [], run: [] })
    script.say(2600, 'a', { running: ['q.1/0/0'] })
    expect(dutiesOf(script, b())).toEqual({ claim: ['q.1/0/1'], run: [] })
    script.say(2700, 'b', { running: ['q.1/0/1'] })
    expect(dutiesOf(script, b())).toEqual({ claim: ['q.1/0/1'], run: ['q.1/0/1'] })
  })

  it('does not run what another has claimed before it', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 1000, ['a', 'b'])
    // b has read less far, and took the task of a for its own.
    script.say(1100, 'b', { running: ['q.1/0/0'] })
    script.say(1200, 'a', { running: ['q.1/0/0'] })
    expect(dutiesOf(script, a()).run).toEqual([])
    expect(dutiesOf(script, b()).run).toEqual(['q.1/0/0'])
  })

  it('claims what a dead member ran at once', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 1000, ['a', 'b'])
    script.say(1100, 'a', { running: TASKS })
    script.sayAll(2000, 12_000, ['b'])
    expect(dutiesOf(script, b()).claim).toEqual(TASKS)
    // Frozen, not dead; it wakes up and reads what it has missed.
    expect(dutiesOf(script, a())).toEqual({ claim: [], run: [] })
  })

  it('waits for one that does not let go no longer than the session timeout', () => {
    const script = new HeartbeatScript()
    const roster = b()
    script.sayAll(0, 1000, ['a'], { running: TASKS })
    script.sayAll(2000, 3000, ['a', 'b'])
    script.say(3000, 'a', { running: TASKS })
    expect(dutiesOf(script, roster).claim).toEqual([])
    script.sayAll(4000, 13_000, ['b'])
    script.say(13_000, 'a', { running: TASKS })
    expect(dutiesOf(script, roster).claim).toEqual([])
    script.say(13_001, 'a', { running: TASKS })
    expect(dutiesOf(script, roster)).toEqual({ claim: ['q.1/0/1'], run: ['q.1/0/1'] })
  })

  it('that has restarted takes its seat before it has said a word', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 1000, ['a'], { running: TASKS })
    expect(dutiesOf(script, new DutyRoster({ name: 'a', incarnation: 2, process: 'q' })).run).toEqual(TASKS)
  })

  it('has nothing to do once a later process has its name', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 1000, ['a'], { running: TASKS })
    script.say(1100, 'a', { incarnation: 2, process: 'q', running: TASKS })
    expect(dutiesOf(script, a())).toEqual({ claim: [], run: [] })
  })

  it('keeps copies of what the others run, never of what it runs itself', () => {
    const script = new HeartbeatScript()
    script.sayAll(0, 1000, ['a', 'b'])
    const { membership } = script
    const found = assign(TASKS, membership.members, 1)
    const duties = a().dutiesOf(found, membership)
    expect([[...duties.claim], [...duties.standby]]).toEqual([['q.1/0/0'], ['q.1/0/1']])
  })
})
