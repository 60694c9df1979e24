// Rows per second through the hot path of a tumbling COUNT + SUM by key: one Map lookup and one add a row.
// Run: node bench/micro/aggregate.ts

import type { Column } from '../../src/core/batch.ts'
import { BIGINT, DOUBLE, decimal, type SqlType } from '../../src/core/type.ts'
import { type Accumulators, compileAggregates } from '../../src/engine/aggregate/aggregate-set.ts'
import type { AggregateCall } from '../../src/plan/physical/nodes.ts'

const ROWS = 1_024
const KEYS = 1_000
const SECONDS = 1

function call(name: string, type: SqlType, argument?: number, argumentType?: SqlType): AggregateCall {
  return {
    function: name,
    arguments: argument === undefined ? [] : [argument],
    argumentTypes: argumentType === undefined ? [] : [argumentType],
    constants: [],
    distinct: false,
    filter: undefined,
    type,
  }
}

const amount = decimal(12, 2)
const total = decimal(38, 2)
const sets: Readonly<Record<string, readonly AggregateCall[]>> = {
  'count+sum': [call('count', BIGINT), call('sum', total, 1, amount)],
  'count+sum+avg+min+max': [
    call('count', BIGINT),
    call('sum', total, 1, amount),
    call('avg', decimal(38, 6), 1, amount),
    call('min', amount, 1, amount),
    call('max', amount, 1, amount),
  ],
  'count+sum of doubles': [call('count', BIGINT), call('sum', DOUBLE, 1, DOUBLE)],
}

const keys: Column = Array.from({ length: ROWS }, (_, i) => `user-${(i * 7_919) % KEYS}`)
const columns: readonly Column[] = [keys, Array.from({ length: ROWS }, (_, i) => (i * 7_919) % 100_000)]

for (const codegen of ['on', 'off'] as const) {
  for (const [name, calls] of Object.entries(sets)) {
    const set = compileAggregates(calls, { retractable: false, codegen })
    const groups = new Map<unknown, Accumulators>()
    const batch = (): void => {
      for (let i = 0; i < ROWS; i++) {
        let group = groups.get(keys[i])
        if (group === undefined) groups.set(keys[i], (group = set.create()))
        set.add(group, columns, i, 0)
      }
    }
    for (let i = 0; i < 500; i++) batch()
    const start = performance.now()
    let batches = 0
    while (performance.now() - start < SECONDS * 1_000) for (let i = 0; i < 100; i++, batches++) batch()
    const rate = (batches * ROWS) / (performance.now() - start) / 1_000
    console.log(`codegen ${codegen}  ${name.padEnd(22)} ${rate.toFixed(1).padStart(6)} M rows/s`)
  }
}
