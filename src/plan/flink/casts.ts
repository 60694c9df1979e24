// CAST, where Flink's gives what Weir's gives.

import { isInteger, isNumeric, type SqlType, typeName } from '../../core/type.ts'
import { Gap } from './gap.ts'
import { atom, operand, type Sql } from './text.ts'
import { flinkType } from './types.ts'

export function castSql(sql: Sql, from: SqlType, to: SqlType, safe = false): Sql {
  const word = safe ? 'TRY_CAST' : 'CAST'
  const plain = (text = sql.text) => atom(`${word}(${text} AS ${flinkType(to)})`)
  if (isNumeric(from) && isNumeric(to)) {
    if (!isInteger(to) || isInteger(from)) return plain()
    // Weir rounds; Flink cuts.
    if (from.kind === 'decimal') return plain(`ROUND(${sql.text}, 0)`)
    throw gap(from, to, 'Flink cuts where Weir rounds to even: write round(…) and a CAST to DECIMAL first.')
  }
  switch (to.kind) {
    case 'string':
      return toText(sql, from, plain)
    case 'json':
      if (from.kind === 'string') return sql
      throw gap(from, to)
    case 'date':
    case 'time':
    case 'timestamp':
      if (['string', 'date', 'time', 'timestamp'].includes(from.kind)) return plain()
      throw gap(from, to)
    case 'boolean':
    case 'int':
    case 'bigint':
    case 'double':
    case 'decimal':
      if (from.kind === 'string' || from.kind === 'boolean' || isInteger(from)) return plain()
      throw gap(from, to)
    default:
      if (from.kind === 'null' || from.kind === to.kind) return plain()
      throw gap(from, to)
  }
}

/** Where both write the same text. */
function toText(sql: Sql, from: SqlType, plain: () => Sql): Sql {
  switch (from.kind) {
    case 'boolean':
      return atom(`CASE WHEN ${sql.text} THEN 'true' WHEN NOT ${operand(sql)} THEN 'false' END`)
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'null':
      return plain()
    case 'timestamp':
      throw gap(from, { kind: 'string' }, "Flink always writes milliseconds: write date_format(ts, 'yyyy-MM-dd …').")
    default:
      throw gap(from, { kind: 'string' })
  }
}

function gap(from: SqlType, to: SqlType, hint?: string): Gap {
  return new Gap(`a cast of ${typeName(from)} to ${typeName(to)}`, { hint, find: (node) => node.kind === 'cast' })
}
