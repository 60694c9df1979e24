import { STRING, sameType } from '../../core/type.ts'
import type { ColumnDefinition } from '../catalog.ts'
import { Gap } from './gap.ts'
import { quoteName, quoteText } from './text.ts'
import { recordType } from './types.ts'

/** Of the record: the names are Flink's. */
const OF_RECORD: Readonly<Partial<Record<ColumnDefinition['from'], string>>> = {
  timestamp: 'timestamp',
  offset: 'offset',
  partition: 'partition',
  topic: 'topic',
  headers: 'headers',
}

/** Of Debezium's envelope, by the path in it. */
const OF_CHANGE: Readonly<Record<string, string>> = {
  ts_ms: 'value.ingestion-timestamp',
  'source.ts_ms': 'value.source.timestamp',
  'source.db': 'value.source.database',
  'source.schema': 'value.source.schema',
  'source.table': 'value.source.table',
}

/** The declaration of a column that is not of the record's value; undefined for one that is. */
export function metadataColumn({ name, type, from, path }: ColumnDefinition): string | undefined {
  // The record's own key is a column that the format of keys reads: see keyFormat.
  if (from === 'value' || from === 'key') return undefined
  const key = from === 'envelope' ? OF_CHANGE[path.join('.')] : OF_RECORD[from]
  const isTime = key !== undefined && /timestamp$/.test(key)
  const isText = type.kind === 'map' && sameType(type.value, STRING)
  if (key === undefined || isText || (isTime && type.kind !== 'timestamp')) {
    throw new Gap(`column "${name}" METADATA of this kind and type`, {
      find: (node) => node.kind === 'metadata',
    })
  }
  return `${quoteName(name)} ${recordType(type)} METADATA FROM ${quoteText(key)} VIRTUAL`
}
