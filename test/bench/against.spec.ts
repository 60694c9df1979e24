// The parsing and merging of `npm run bench -- --against flink`; running Flink itself is left to the benchmark.

import { describe, expect, it } from 'vitest'
import { compared, cpuSecondsOf, fileOf, flinkScript, missing, parseLine, peakRssOf } from '../../bench/against.ts'
import type { Measurement } from '../../bench/measure.ts'

const WEIR: Measurement = {
  query: 'tumble',
  source: 'embedded',
  events: 1_000_000,
  keys: 10_000,
  eventsPerSecond: 500_000,
  cpuSecondsPerMillion: 2.5,
  rssBytesMax: 300_000_000,
  latencyMsP95: null,
  checkpointMsP95: 20,
  versions: { weir: '0.1.0', node: 'v24' },
  hardware: { cores: 2 },
}

describe('compared', () => {
  it('keeps the measurement and adds the rival with the ratio', () => {
    const rival = { eventsPerSecond: 400_000, cpuSecondsPerMillion: 5, rssBytesMax: 900_000_000 }
    expect(compared(WEIR, rival, '1.20.1')).toEqual({
      ...WEIR,
      versions: { weir: '0.1.0', node: 'v24', flink: '1.20.1' },
      against: { flink: { ...rival, ratio: 1.25 } },
    })
  })

  it('gives a ratio below 1 when the rival is faster, to three digits, and passes on what is not known', () => {
    const rival = { eventsPerSecond: 1_500_000, cpuSecondsPerMillion: null, rssBytesMax: null }
    expect(compared(WEIR, rival, '1.20.1').against.flink).toEqual({ ...rival, ratio: 0.333 })
  })
})

describe('parseLine', () => {
  it('reads the lines of the Java main', () => {
    expect(parseLine('started')).toEqual({ kind: 'started' })
    expect(parseLine('finished 2.157')).toEqual({ kind: 'finished', seconds: 2.157 })
    expect(parseLine('finished 12')).toEqual({ kind: 'finished', seconds: 12 })
  })

  it.each(['', 'INFO started', 'started now', 'finished', 'finished x', 'finished 0', 'finished 2 s'])(
    'takes no notice of %j',
    (line) => expect(parseLine(line)).toBeUndefined(),
  )
})

describe('/proc', () => {
  it('adds user and system time, whatever the name of the process', () => {
    const rest = 'S 1 2 3 4 5 6 7 8 9 10 1234 66 0 0 20 0 40 0 100'
    expect(cpuSecondsOf(`42 (java) ${rest}`)).toBe(13)
    expect(cpuSecondsOf(`42 (a) b (c) ${rest}`)).toBe(13)
    expect(cpuSecondsOf('')).toBeNull()
  })

  it('reads the peak, not the present resident set', () => {
    expect(peakRssOf('Name:\tjava\nVmHWM:\t  640936 kB\nVmRSS:\t   1000 kB\n')).toBe(640_936 * 1024)
    expect(peakRssOf('Name:\tjava\nState:\tZ (zombie)\n')).toBeNull()
  })
})

describe('missing', () => {
  const all = { java: 'openjdk version "17.0.15" 2025-04-15', javac: 'javac 17.0.15\n', maven: 'Apache Maven 3.8.7' }

  it('is silent when all is there', () => {
    expect(missing(all)).toBeUndefined()
    expect(missing({ ...all, java: 'openjdk version "21" 2023-09-19', javac: 'javac 21' })).toBeUndefined()
  })

  it.each([
    { java: undefined },
    { javac: undefined },
    { java: 'openjdk version "16.0.2" 2021-07-20' },
    { java: 'java version "1.8.0_402"' },
  ])('asks for a JDK: %j', (lack) => {
    expect(missing({ ...all, ...lack })).toBe(
      '--against flink needs a JDK, version 17 or later (java and javac) on the path; on Debian: apt install openjdk-17-jdk-headless maven',
    )
  })

  it('asks for all that lacks at once', () => {
    expect(missing({ java: undefined, javac: undefined, maven: undefined })).toContain(
      'needs a JDK, version 17 or later (java and javac) and Maven (mvn) on the path',
    )
    expect(missing({ ...all, maven: undefined })).toContain('needs Maven (mvn) on the path')
  })
})

describe('the input', () => {
  it('deals orders to one file for each of the two readers, five thousand at a time', () => {
    expect([0, 4_999, 5_000, 9_999, 10_000].map(fileOf)).toEqual([0, 0, 1, 1, 0])
  })

  it('has the same watermark as the stream of Weir', () => {
    expect(flinkScript('tumble', 'file:///orders')).toContain("event_time - INTERVAL '5' SECOND")
  })

  it('refuses a query that has no counterpart, by name', () => {
    expect(() => flinkScript('group', 'file:///orders')).toThrow(
      `query "group" can't be measured against Flink; tumble, hop, session can`,
    )
  })
})
