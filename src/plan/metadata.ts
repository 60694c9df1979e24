// METADATA of a column: something about the record, or about the change that its row stands in.

import type { ColumnDefinition as ColumnNode, Metadata } from '../../grammar/ast.ts'
import { BIGINT, BOOLEAN, BYTES, INT, type SqlType, STRING, sameType, TIMESTAMP, typeName } from '../core/type.ts'
import { didYouMean } from './bind/did-you-mean.ts'
import type { ColumnDefinition } from './catalog.ts'
import { fail } from './diagnostics.ts'
import { own } from './options.ts'

interface Known {
  readonly from: ColumnDefinition['from']
  readonly path?: readonly string[]
  readonly types: readonly SqlType[]
}

/** What headers of a record are as a value. */
export const HEADER_TYPES: readonly SqlType[] = [
  { kind: 'map', key: STRING, value: BYTES },
  { kind: 'map', key: STRING, value: STRING },
]

/** With the names of Flink's Kafka connector. */
const OF_RECORD: Readonly<Record<string, Known>> = {
  key: { from: 'key', types: [STRING, BYTES] },
  timestamp: { from: 'timestamp', types: [TIMESTAMP] },
  offset: { from: 'offset', types: [BIGINT] },
  partition: { from: 'partition', types: [INT, BIGINT] },
  topic: { from: 'topic', types: [STRING] },
  headers: { from: 'headers', types: HEADER_TYPES },
}

const TIME_TYPES = [TIMESTAMP, BIGINT]
const SOURCE_TYPES = [STRING, BIGINT, INT, BOOLEAN]

/** Of Debezium's envelope: its own names, and those of Flink for some of them. */
const OF_CHANGE: Readonly<Record<string, Known>> = {
  op: { from: 'envelope', path: ['op'], types: [STRING] },
  ts_ms: { from: 'envelope', path: ['ts_ms'], types: TIME_TYPES },
  'ingestion-timestamp': { from: 'envelope', path: ['ts_ms'], types: TIME_TYPES },
  'source.ts_ms': { from: 'envelope', path: ['source', 'ts_ms'], types: TIME_TYPES },
  'source.timestamp': { from: 'envelope', path: ['source', 'ts_ms'], types: TIME_TYPES },
  'source.database': { from: 'envelope', path: ['source', 'db'], types: [STRING] },
}

/** Any field of `source`: they differ from database to database. */
const SOURCE_FIELD = /^source\.([A-Za-z_][A-Za-z0-9_]*)$/

export type BoundMetadata = Pick<ColumnDefinition, 'from' | 'path'>

export function bindMetadata(node: ColumnNode, metadata: Metadata, type: SqlType, isChange: boolean): BoundMetadata {
  const key = metadata.key ?? node.name.name
  const known = own(OF_RECORD, key) ?? (isChange ? ofChange(key) : undefined)
  if (known === undefined) {
    const names = [...Object.keys(OF_RECORD), ...(isChange ? [...Object.keys(OF_CHANGE), 'source.…'] : [])]
    const ofOther = !isChange && ofChange(key) !== undefined
    fail(metadata.span, 'UNKNOWN_OPTION', `there is no metadata "${key}"`, {
      hint: ofOther ? 'FORMAT DEBEZIUM has it.' : didYouMean(key, names, 'There are'),
    })
  }
  if (!known.types.some((one) => sameType(one, type))) {
    const types = known.types.map(typeName).join(' or ')
    fail(node.type.span, 'TYPE_MISMATCH', `metadata "${key}" is ${types}, not ${typeName(type)}`)
  }
  return { from: known.from, path: known.path ?? [] }
}

function ofChange(key: string): Known | undefined {
  const known = own(OF_CHANGE, key)
  if (known !== undefined) return known
  const name = SOURCE_FIELD.exec(key)?.[1]
  return name === undefined ? undefined : { from: 'envelope', path: ['source', name], types: SOURCE_TYPES }
}
