/**
 * Rows a second of the JSON decoder beside JSON.parse, on orders of about 120 bytes: `node bench/micro/decode-json.ts`.
 * Counted in CPU time of this process, so that a busy machine changes little; 2 s each.
 */
import { JsonDecoder } from '../../src/adapters/formats/json-decoder.ts'
import { chunkOf } from '../../src/adapters/memory/memory-log.ts'
import { BIGINT, decimal, type SqlType, STRING, TIMESTAMP } from '../../src/core/type.ts'
import type { SourceField } from '../../src/plan/physical/nodes.ts'
import { measure } from './measure.ts'

const RECORDS = 1024
const CHUNKS = 64
const REGIONS = ['eu-west', 'eu-north', 'us-east', 'us-west', 'ap-south']

function order(i: number): string {
  return JSON.stringify({
    order_id: `o-${(i * 7919) % 10_000_019}`,
    user_id: (i * 31) % 10_000,
    region: REGIONS[i % 5],
    status: i % 3 === 0 ? 'new' : 'paid',
    amount: ((i * 37) % 100_000) / 100,
    ts: new Date(1_700_000_000_000 + i * 10).toISOString(),
  })
}

const chunks = Array.from({ length: CHUNKS }, (_, c) =>
  chunkOf(
    0,
    c * RECORDS,
    Array.from({ length: RECORDS }, (_, i) => ({
      key: null,
      value: Buffer.from(order(c * RECORDS + i)),
      timestamp: 0,
    })),
  ),
)
const column = (name: string, type: SqlType): SourceField => ({
  name,
  type,
  nullable: true,
  from: 'value',
  path: [name],
})
const three = [column('region', STRING), column('amount', decimal(12, 2)), column('ts', TIMESTAMP)]
const six = [column('order_id', STRING), column('user_id', BIGINT), column('status', STRING), ...three]

for (const [name, fields] of [['3 of 6 columns', three] as const, ['6 of 6 columns', six] as const]) {
  const decoder = new JsonDecoder(fields)
  let next = 0
  measure(`decoder, ${name}`, 'rows', () => decoder.decode(chunks[next++ % CHUNKS] as (typeof chunks)[number]).length)
}
let next = 0
measure('JSON.parse', 'rows', () => {
  const { data, valueStart, valueEnd } = chunks[next++ % CHUNKS] as (typeof chunks)[number]
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  let sum = 0
  for (let i = 0; i < RECORDS; i++)
    sum += (JSON.parse(buffer.toString('utf8', valueStart[i], valueEnd[i])) as { amount: number }).amount
  return sum > 0 ? RECORDS : 0
})
