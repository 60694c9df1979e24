import { expect, test } from 'vitest'
import { checkSetting, InvalidOption, parseBytes, parseDuration, sessionOptions } from './session.ts'

test.each([
  ['200', 200],
  ['200 ms', 200],
  ['5s', 5000],
  ['1.5 min', 90_000],
  ['7 days', 604_800_000],
  ['0.3 ms', undefined],
  ['5 fortnights', undefined],
  ['-5s', undefined],
  ['', undefined],
])('duration %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  ['1024', 1024],
  ['512 MB', 512 * 1024 * 1024],
  ['1GiB', 1024 ** 3],
  ['1 dozen', undefined],
])('size %s', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes)
})

test('the later setting wins, keys of others are left alone', () => {
  const options = sessionOptions(
    new Map([
      ['state.ttl', '1 h'],
      ['topic', 'x'],
    ]),
    new Map([
      ['state.ttl', '2 h'],
      ['processing.guarantee', 'AT_LEAST_ONCE'],
    ]),
  )
  expect(options).toMatchObject({ stateTtlMs: 7_200_000, guarantee: 'at-least-once', timeMode: 'event' })
})

test('a startup by time needs the time', () => {
  const mode = ['scan.startup.mode', 'timestamp'] as const
  expect(sessionOptions(new Map([mode, ['scan.startup.timestamp-millis', '5']])).startup).toEqual({
    kind: 'timestamp',
    timestampMs: 5,
  })
  expect(() => sessionOptions(new Map([mode]))).toThrow(InvalidOption)
})

test.each([
  ['state.ttl', '1 day', undefined],
  ['state.ttl', 'soon', 'option "state.ttl" is a duration'],
  ['scan.startup.mode', 'timestamp', undefined],
  ['scan.startup.mode', 'newest', 'option "scan.startup.mode" is one of'],
  ['statettl', '1 day', 'there is no session option "statettl"'],
])('setting %s = %s', (key, value, message) => {
  if (message === undefined) expect(checkSetting(key, value)).toBeUndefined()
  else expect(checkSetting(key, value)?.message).toContain(message)
})
