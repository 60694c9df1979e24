import { describe } from 'vitest'

/** Tests on a real broker; each describe has a prefix of its own for topics and groups. */
export function describeKafka(name: string, run: (kafka: { bootstrap: string; prefix: string }) => void): void {
  const bootstrap = process.env['WEIR_TEST_KAFKA']
  const prefix = `test-${process.hrtime.bigint().toString(36)}`
  describe.skipIf(bootstrap === undefined)(name, () => run({ bootstrap: bootstrap ?? '', prefix }))
}
