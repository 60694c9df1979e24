import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts'

const READ_MS = 50

/** Values of all committed records of a topic, in the order of each partition. */
export async function committedValues(
  bootstrapBrokers: string[],
  topic: string,
  partitions: number,
): Promise<readonly string[]> {
  const values: string[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const reader = await PartitionReader.open({ bootstrapBrokers }, topic, partition)
    const end = await reader.end()
    while (reader.position < end) {
      for (const { value } of await reader.read(READ_MS)) values.push(Buffer.from(value ?? []).toString())
    }
    await reader.close()
  }
  return values
}
