// Type names of the syntax tree as types.

import type { TypeName } from '../../../grammar/ast.ts'
import { arrayOf, DECIMAL_PRECISION_MAX, decimal, type SqlType } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'

/** DECIMAL without arguments: what Flink has, but with room for money. */
const DECIMAL_PRECISION_DEFAULT = 38
const DECIMAL_SCALE_DEFAULT = 9

export function bindType(node: TypeName): SqlType {
  switch (node.kind) {
    case 'scalar-type':
      return { kind: node.name }
    case 'decimal-type': {
      const precision = node.precision ?? DECIMAL_PRECISION_DEFAULT
      const scale = node.scale ?? (node.precision === undefined ? DECIMAL_SCALE_DEFAULT : 0)
      if (precision < 1 || precision > DECIMAL_PRECISION_MAX) {
        fail(node.span, 'INVALID_LITERAL', `DECIMAL has 1 to ${DECIMAL_PRECISION_MAX} digits, not ${precision}`)
      }
      if (scale < 0 || scale > precision) {
        fail(
          node.span,
          'INVALID_LITERAL',
          `DECIMAL(${precision}, ${scale}) has more digits after the point than in all`,
        )
      }
      return decimal(precision, scale)
    }
    case 'array-type':
      return arrayOf(bindType(node.element))
    case 'map-type':
      return { kind: 'map', key: bindType(node.key), value: bindType(node.value) }
    case 'struct-type':
      return {
        kind: 'struct',
        fields: node.fields.map((field) => ({ name: field.name.name, type: bindType(field.type) })),
      }
  }
}
