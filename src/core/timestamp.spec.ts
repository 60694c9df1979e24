import { describe, expect, test } from 'vitest'
import { formatInterval, parseInterval } from './interval.ts'
import {
  civilFromDays,
  daysFromCivil,
  formatDate,
  formatIsoTimestamp,
  formatTime,
  formatTimestamp,
  parseDate,
  parseTime,
  parseTimestamp,
} from './timestamp.ts'

describe('the calendar', () => {
  test('agrees with JavaScript for each day of 4,000 years', () => {
    for (let days = -730_000; days < 730_000; days += 1) {
      const { year, month, day } = civilFromDays(days)
      if (daysFromCivil(year, month, day) !== days) throw new Error(`day ${days} does not come back`)
      if (days % 97 === 0) {
        expect(`${year}-${month}-${day}`).toBe(
          ((date) => `${date.getUTCFullYear()}-${date.getUTCMonth() + 1}-${date.getUTCDate()}`)(
            new Date(days * 86_400_000),
          ),
        )
      }
    }
  })
})

describe('timestamps', () => {
  test.each([
    ['2026-02-28 10:20:30', Date.UTC(2026, 1, 28, 10, 20, 30)],
    ['2026-02-28T10:20:30Z', Date.UTC(2026, 1, 28, 10, 20, 30)],
    ['2026-02-28T10:20:30.123Z', Date.UTC(2026, 1, 28, 10, 20, 30, 123)],
    ['2026-02-28 10:20:30.123', Date.UTC(2026, 1, 28, 10, 20, 30, 123)],
    ['2026-02-28 10:20:30.5', Date.UTC(2026, 1, 28, 10, 20, 30, 500)],
    ['2026-02-28 10:20:30.123456', Date.UTC(2026, 1, 28, 10, 20, 30, 123) + 0.456],
    ['2026-02-28 10:20:30.1234567', Date.UTC(2026, 1, 28, 10, 20, 30, 123) + 0.457],
    ['2026-02-28T10:20:30+02:00', Date.UTC(2026, 1, 28, 8, 20, 30)],
    ['2026-02-28T10:20:30-0330', Date.UTC(2026, 1, 28, 13, 50, 30)],
    ['2026-02-28 10:20:30+05', Date.UTC(2026, 1, 28, 5, 20, 30)],
    ['2026-02-28 10:20:30 UTC', Date.UTC(2026, 1, 28, 10, 20, 30)],
    ['2026-02-28 10:20', Date.UTC(2026, 1, 28, 10, 20)],
    [' 2026-02-28 ', Date.UTC(2026, 1, 28)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2000-02-29 00:00:00', Date.UTC(2000, 1, 29)],
    ['1969-12-31T23:59:59.999Z', -1],
    ['0001-01-01 00:00:00', -62_135_596_800_000],
    ['+275760-09-13T00:00:00Z', 8.64e15],
  ])('reads %s', (text, ms) => {
    expect(parseTimestamp(text)).toBe(ms)
  })

  test.each([
    '',
    '2026-02-29',
    '1900-02-29 00:00:00',
    '2026-13-01',
    '2026-00-01',
    '2026-01-01 24:00:00',
    '2026-01-01 10:60:00',
    '2026-01-01 10:20:60',
    '2026-01-01T10:20:30.Z',
    '2026-01-01T10:20:3aZ',
    '2026-01-01T10:20:30+16:00',
    '2026-01-01 10:20:30 CET',
    '+275760-09-13T00:00:00.001Z',
    'yesterday',
  ])('does not read %s', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  test.each([
    [0, '1970-01-01 00:00:00', '1970-01-01T00:00:00.000Z'],
    [-1, '1969-12-31 23:59:59.999', '1969-12-31T23:59:59.999Z'],
    [1_772_274_030_123.456, '2026-02-28 10:20:30.123456', '2026-02-28T10:20:30.123456Z'],
    [0.001, '1970-01-01 00:00:00.000001', '1970-01-01T00:00:00.000001Z'],
    [-0.001, '1969-12-31 23:59:59.999999', '1969-12-31T23:59:59.999999Z'],
    [-62_167_219_200_001, '-000001-12-31 23:59:59.999', '-000001-12-31T23:59:59.999Z'],
    [Number.POSITIVE_INFINITY, 'infinity', 'infinity'],
  ])('shows %d as %s', (ms, text, iso) => {
    expect(formatTimestamp(ms)).toBe(text)
    expect(formatIsoTimestamp(ms)).toBe(iso)
  })

  test('dates and times of day', () => {
    expect(parseDate('1970-01-02')).toBe(1)
    expect(parseDate('2026-1-5')).toBe(parseDate('2026-01-05'))
    expect(parseDate('2026-02-30')).toBeUndefined()
    expect(formatDate(-1)).toBe('1969-12-31')
    expect(parseTime('10:20')).toBe(37_200_000)
    expect(parseTime('23:59:59.999999')).toBe(86_399_999.999)
    expect(formatTime(86_399_999.999)).toBe('23:59:59.999999')
    expect(parseTime('24:00')).toBeUndefined()
  })
})

describe('intervals', () => {
  test.each([
    ['5 minutes', 300_000],
    ['1 day 02:03:04.5', 93_784_500],
    ['-00:05', -300_000],
    ['1 hour -5 min', 3_300_000],
    ['2 weeks', 1_209_600_000],
    ['P1DT2H', 93_600_000],
    ['PT0.25S', 250],
    ['-PT5M', -300_000],
    ['1.5 h', 5_400_000],
    ['1us', 0.001],
  ])('reads %s', (text, ms) => {
    expect(parseInterval(text)).toBe(ms)
  })

  test.each(['', '5', '5 months', 'P1Y', 'P', '5 minutes later', '00:60', '9'.repeat(30), `${'1 day '.repeat(40)}`])(
    'does not read %s',
    (text) => {
      expect(parseInterval(text)).toBeUndefined()
    },
  )

  test.each([
    [300_000, '00:05:00'],
    [93_784_500, '1 day 02:03:04.500'],
    [-93_784_500, '-1 day -02:03:04.500'],
    [172_800_000, '2 days'],
    [0, '00:00:00'],
  ])('shows %d as %s, and reads it back', (ms, text) => {
    expect(formatInterval(ms)).toBe(text)
    expect(parseInterval(text)).toBe(ms)
  })
})
