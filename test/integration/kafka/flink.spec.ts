// What EXPLAIN FLINK writes runs in a real Flink, over the topics that Weir reads, and gives the same rows. `npm run
// oracle -- --against flink` compares more queries over more rows.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlinkRunner, prepareFlink } from '../../../scripts/flink/flink-runner.ts'
import { JavaMissingError } from '../../../scripts/maven-jars.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { CASES, FEW } from '../../oracle/flink/cases.ts'
import { type Comparison, compareWithFlink } from '../../oracle/flink/compare-flink.ts'

const SEED = 5
/** The jars are fetched by the first run. */
const MS_MAX = 400_000

describeKafka('Flink over the same topics', (kafka) => {
  let flink: FlinkRunner | undefined
  let missing = ''

  beforeAll(async () => {
    try {
      flink = await FlinkRunner.start(await prepareFlink())
    } catch (error) {
      if (!(error instanceof JavaMissingError) || process.env['CI'] === 'true') throw error
      missing = error.message
    }
  }, MS_MAX)
  afterAll(() => flink?.[Symbol.asyncDispose]())

  test(
    'gives the rows that Weir gives, by the scripts of EXPLAIN FLINK',
    async ({ skip }) => {
      if (flink === undefined) return skip(missing)
      const cases = CASES.filter(({ name }) => FEW.includes(name))
      expect(cases).toHaveLength(FEW.length)
      const found: Comparison[] = []
      for await (const one of compareWithFlink({ kafka, flink, cases, seeds: [SEED] })) found.push(one)
      const verdicts = found.map(({ name, verdict, detail }) => ({ name, verdict, detail }))
      expect(verdicts).toEqual(FEW.map((name) => ({ name, verdict: 'same', detail: '' })))
      for (const { name, rows } of found) expect(rows, name).toBeGreaterThan(5)
    },
    MS_MAX,
  )

  test(
    'takes every script of the goldens',
    async ({ skip }) => {
      if (flink === undefined) return skip(missing)
      const scripts = goldenScripts()
      expect(scripts.length).toBeGreaterThan(20)
      const refused: unknown[] = []
      for (const { file, script } of scripts) {
        const result = await flink.plan(script)
        if ('error' in result) refused.push({ file, ...result })
      }
      expect(refused).toEqual([])
    },
    MS_MAX,
  )
})

function goldenScripts(): readonly { readonly file: string; readonly script: string }[] {
  const folder = join(import.meta.dirname, '../../golden/flink')
  return readdirSync(folder).flatMap((file) => {
    const parts = readFileSync(join(folder, file), 'utf8').split(/^==== /m)
    const scripts = parts.flatMap((part) => (part.startsWith('flink\n') ? [part.slice('flink\n'.length)] : []))
    // The client of a schema registry is not among the jars.
    return scripts.filter((script) => !script.includes('avro-confluent')).map((script) => ({ file, script }))
  })
}
