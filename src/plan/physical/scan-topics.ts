import type { PhysicalPlan, ScanStep, ScanTopic } from './nodes.ts'

/**
 * The partitions of a scan that reads several topics, as numbers: the topic by its place in the list, which only grows,
 * and the partition within. So a position that was stored for a number is of the same partition for ever; of the first
 * topic the numbers are those of the partitions.
 */
const NUMBERS_OF_A_TOPIC = 65_536

export interface TopicPlace {
  readonly topic: string
  readonly partition: number
}

export function partitionNumbers(topics: readonly ScanTopic[]): readonly number[] {
  return topics.flatMap(({ partitions }, i) =>
    Array.from({ length: partitions }, (_, partition) => firstNumber(i) + partition),
  )
}

/** Of the topic at a place in the list. */
export function firstNumber(topicIndex: number): number {
  return topicIndex * NUMBERS_OF_A_TOPIC
}

export function topicIndex(number: number): number {
  return Math.floor(number / NUMBERS_OF_A_TOPIC)
}

export function partitionWithin(number: number): number {
  return number % NUMBERS_OF_A_TOPIC
}

/** The one topic that a scan reads; which ones a pattern has found is in its `topics`. */
export function topicOf({ connector, relation }: Pick<ScanStep, 'connector' | 'relation'>): string {
  return connector.options['topic'] ?? relation
}

export function patternOf({ connector }: Pick<ScanStep, 'connector'>): string | undefined {
  return connector.options['topic-pattern']
}

export function readsPatterns({ steps }: PhysicalPlan): boolean {
  return steps.some((step) => step.kind === 'scan' && patternOf(step) !== undefined)
}
