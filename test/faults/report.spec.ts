import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reportText } from './report.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the page is that of the verdicts that are kept', () => {
  expect(read('../../docs/faults.md')).toBe(reportText(read('./results.ndjson')))
})

test('of each fault the last verdict counts', () => {
  const verdict = (fault: string, lost: number) =>
    JSON.stringify({
      fault,
      runs: 2,
      events: 10,
      lost,
      doubled: 0,
      recoveryMsP95: 1_250,
      seed: 7,
      date: 'd',
      machine: 'm',
    })
  const page = reportText([verdict('kill', 3), verdict('cut', 0), verdict('kill', 0), ''].join('\n'))
  expect(page.match(/^\| `kill`.*$/gm)).toEqual([
    expect.stringMatching(/ \| 2 \| 10 \| 0 \| 0 \| 1\.3 s \| 7 \| d \|$/),
  ])
  expect(page).toContain('Measured on m, with')
})
