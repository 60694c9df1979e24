// What EXPLAIN FLINK writes runs in a real Flink, over the topics that Weir reads, and gives the same rows. `npm run
// oracle -- --against flink` compares more queries over more rows.

import { expect, test } from 'vitest'
import { FlinkRunner, prepareFlink } from '../../../scripts/flink/flink-runner.ts'
import { JavaMissingError } from '../../../scripts/maven-jars.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { CASES, FEW } from '../../oracle/flink/cases.ts'
import { type Comparison, compareWithFlink } from '../../oracle/flink/compare-flink.ts'

const SEED = 5
/** The jars are fetched by the first run. */
const MS_MAX = 400_000

describeKafka('Flink over the same topics', (kafka) => {
  test(
    'gives the rows that Weir gives, by the scripts of EXPLAIN FLINK',
    async ({ skip }) => {
      const program = await prepareFlink().catch((error: unknown) => {
        if (error instanceof JavaMissingError && process.env['CI'] !== 'true') skip(error.message)
        throw error
      })
      await using flink = await FlinkRunner.start(program)
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
})
