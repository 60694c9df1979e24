/**
 * Rows a second of the Avro decoder beside avsc, on the orders of decode-json.ts, some 45 bytes each:
 * `node bench/micro/decode-avro.ts`. Counted in CPU time of this process; 2 s each.
 */
import avro from 'avsc'
import { AVRO } from '../../src/adapters/formats/avro/avro-language.ts'
import { SchemaDecoder } from '../../src/adapters/formats/schema-decoder.ts'
import { chunkOf } from '../../src/adapters/memory/memory-log.ts'
import { BIGINT, decimal, type SqlType, STRING, TIMESTAMP } from '../../src/core/type.ts'
import type { SourceField } from '../../src/plan/physical/nodes.ts'
import { measure } from './measure.ts'

const RECORDS = 1024
const CHUNKS = 64
const REGIONS = ['eu-west', 'eu-north', 'us-east', 'us-west', 'ap-south']
const SCHEMA = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'order_id', type: 'string' },
    { name: 'user_id', type: 'long' },
    { name: 'region', type: ['null', 'string'], default: null },
    { name: 'status', type: 'string' },
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
    { name: 'ts', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
}
const type = avro.Type.forSchema(SCHEMA as never)

function order(i: number): Buffer {
  const amount = Buffer.alloc(4)
  amount.writeInt32BE((i * 37) % 100_000)
  return type.toBuffer({
    order_id: `o-${(i * 7919) % 10_000_019}`,
    user_id: (i * 31) % 10_000,
    region: REGIONS[i % 5],
    status: i % 3 === 0 ? 'new' : 'paid',
    amount,
    ts: 1_700_000_000_000 + i * 10,
  })
}

const records = Array.from({ length: CHUNKS }, (_, c) =>
  Array.from({ length: RECORDS }, (_, i) => order(c * RECORDS + i)),
)
const chunks = records.map((values, c) =>
  chunkOf(
    0,
    c * RECORDS,
    values.map((value) => ({ key: null, value, timestamp: 0 })),
  ),
)
const column = (name: string, sqlType: SqlType): SourceField => ({
  name,
  type: sqlType,
  nullable: true,
  from: 'value',
  path: [name],
})
const three = [column('region', STRING), column('amount', decimal(12, 2)), column('ts', TIMESTAMP)]
const six = [column('order_id', STRING), column('user_id', BIGINT), column('status', STRING), ...three]
const source = {
  registry: undefined,
  schemaId: undefined,
  text: { type: 'AVRO', text: JSON.stringify(SCHEMA), references: [] },
  subject: undefined,
  message: undefined,
} as const

for (const [name, fields] of [['3 of 6 columns', three] as const, ['6 of 6 columns', six] as const]) {
  const decoder = new SchemaDecoder(AVRO, source, fields)
  let next = 0
  measure(`decoder, ${name}`, 'rows', () => decoder.decode(chunks[next++ % CHUNKS] as (typeof chunks)[number]).length)
}
let next = 0
measure('avsc', 'rows', () => {
  let sum = 0
  for (const value of records[next++ % CHUNKS] ?? []) sum += (type.fromBuffer(value) as { ts: number }).ts
  return sum > 0 ? RECORDS : 0
})
