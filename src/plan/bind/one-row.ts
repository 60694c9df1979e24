// SELECT without FROM is over one row without columns: `SELECT 1 + 1`, `SELECT now()`.

import type { SourceRelation } from '../catalog.ts'
import { scan } from '../logical/nodes.ts'
import type { BoundRelation } from './bind-relation.ts'
import { Scope } from './scope.ts'

/** Generated, so that it runs like any other input that ends. No relation of the catalog has an empty name. */
const ONE_ROW: SourceRelation = {
  kind: 'stream',
  name: '',
  sql: '',
  columns: [],
  schema: { fields: [], key: [], timeColumn: undefined, mode: 'append' },
  watermark: undefined,
  connector: { kind: 'datagen', options: { 'number-of-rows': '1' } },
  format: { envelope: 'plain', encoding: 'json', options: {} },
  onError: 'fail',
  deadLetter: undefined,
  retentionMs: undefined,
  retentionBytes: undefined,
}

export function bindOneRow(): BoundRelation {
  return {
    plan: scan(ONE_ROW, [], { kind: 'earliest' }, false),
    scope: new Scope([], undefined, 'SELECT without FROM'),
  }
}
