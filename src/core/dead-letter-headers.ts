/**
 * The headers of a dead letter in a topic of Kafka: what was wrong, and where the record came from. Whoever reads the
 * topic without Weir relies on the names.
 */
export const DEAD_LETTER_HEADERS = {
  /** `record`, which could not be read, or `row`, which a step of the query could not compute. */
  kind: 'weir.error.kind',
  message: 'weir.error.message',
  query: 'weir.query',
  /** Of a row: the step that failed, as EXPLAIN names it. */
  step: 'weir.step',
  stream: 'weir.source.stream',
  topic: 'weir.source.topic',
  partition: 'weir.source.partition',
  offset: 'weir.source.offset',
  /** The value was too large for one more record, and is left out: its bytes. */
  valueBytes: 'weir.value.bytes',
} as const
