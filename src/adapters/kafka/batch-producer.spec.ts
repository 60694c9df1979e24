import { expect, it } from 'vitest'
import { Sequences } from './batch-producer.ts'
import { RecordBatch } from './record-batch.ts'

const PRODUCER = '1/0'

async function batchOf(count: number, partition = 0) {
  const records = Array.from({ length: count }, () => ({ key: null, value: null, timestamp: 0 }))
  return { topic: 'orders', partition, value: await RecordBatch.of(records) }
}

it('counts the records of each partition', async () => {
  const sequences = new Sequences()
  expect(sequences.of(await batchOf(3), PRODUCER)).toBe(0)
  expect(sequences.of(await batchOf(2), PRODUCER)).toBe(3)
  expect(sequences.of(await batchOf(1, 1), PRODUCER)).toBe(0)
  expect(sequences.of(await batchOf(1), PRODUCER)).toBe(5)
})

it('gives a batch that is sent once more the same number', async () => {
  const sequences = new Sequences()
  const batch = await batchOf(3)
  sequences.of(await batchOf(4), PRODUCER)
  expect([sequences.of(batch, PRODUCER), sequences.of(batch, PRODUCER)]).toEqual([4, 4])
  expect(sequences.of(await batchOf(1), PRODUCER)).toBe(7)
})

it('begins at 0 where the client has become another producer, also for a batch that was sent before', async () => {
  const sequences = new Sequences()
  const batch = await batchOf(3)
  sequences.of(await batchOf(4), PRODUCER)
  sequences.of(batch, PRODUCER)
  expect(sequences.of(batch, '1/1')).toBe(0)
  expect(sequences.of(await batchOf(1), '1/1')).toBe(3)
})

it('begins at 0 behind the largest number that the protocol has', async () => {
  const sequences = new Sequences()
  const many = { ...(await batchOf(1)), value: { count: 2 ** 31 - 2 } as RecordBatch }
  sequences.of(many, PRODUCER)
  expect(sequences.of(await batchOf(4), PRODUCER)).toBe(2 ** 31 - 2)
  expect(sequences.of(await batchOf(1), PRODUCER)).toBe(2)
})
