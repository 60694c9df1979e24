import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import { DEAD_LETTER_SCHEMA } from '../engine/side-outputs.ts'
import type { Catalog, MaterializedRelation, SourceRelation } from '../plan/catalog.ts'
import { resultTopic } from './topics.ts'

/**
 * Where the bad records of a stream go. On the log of the server itself that is a topic of ours, which goes with the
 * stream. On Kafka it is the topic of the name that was given: made where it is missing, and never deleted.
 */
export function deadLetterStream(
  relation: SourceRelation,
  catalog: Catalog,
  prefix: string,
  nowMs: number,
): MaterializedRelation | undefined {
  const name = relation.onError === 'dead-letter' ? relation.deadLetter : undefined
  if (name === undefined) return undefined
  const known = catalog.relation(name)
  if (known?.kind === 'dead-letter-stream') return undefined
  const ofKafka = relation.connector.kind === 'kafka'
  const isSource = ofKafka && name === relation.connector.options['topic']
  if (known !== undefined || name === relation.name || isSource) {
    throw new AppError('FAILED_PRECONDITION', `dead letters of "${relation.name}" can't go to "${name}"`, {
      hint: 'There is a stream, table or view of that name: choose another for "dead_letter_topic".',
    })
  }
  return {
    kind: 'dead-letter-stream',
    name,
    sql: `-- dead letters of ${relation.name}`,
    schema: DEAD_LETTER_SCHEMA,
    topic: ofKafka ? name : `${prefix}.dead.${name}.${nowMs.toString(36)}`,
    encoding: ofKafka ? 'dead-letter' : undefined,
    query: '',
  }
}

export async function createDeadLetterTopic(
  { log }: Storage,
  { topic, encoding }: MaterializedRelation,
): Promise<void> {
  // One that is there has the partitions that its owner gave it.
  if (encoding === 'dead-letter' && (await log.topic(topic)) !== undefined) return
  await log.createTopic(resultTopic(topic))
}

/** A dead-letter stream goes with the last stream that writes into it. */
export function losesItsLastWriter({ name, kind }: MaterializedRelation, gone: string, catalog: Catalog): boolean {
  const writers = catalog.relations().filter((one) => 'deadLetter' in one && one.deadLetter === name)
  return kind === 'dead-letter-stream' && writers.length === 1 && writers[0]?.name === gone
}
