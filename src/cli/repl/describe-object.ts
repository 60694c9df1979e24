// `\d name`: columns, properties and the statement that made the object.

import { typeName } from '../../core/type.ts'
import type { ObjectDescription } from '../../runtime/api.ts'
import { printResults } from '../output/print-results.ts'
import { textResults } from '../output/print-statement.ts'
import type { OutputFormat } from '../output/result-writer.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'
import { printable } from '../text-width.ts'

export async function describeObject(
  object: ObjectDescription,
  terminal: Terminal,
  format: OutputFormat,
): Promise<void> {
  const { out, colour } = terminal
  const people = format === 'table' || format === 'vertical'
  if (people) await writeTo(out, `${paint(`${object.kind} "${printable(object.name)}"`, 'bold', colour.out)}\n`)
  if (object.schema !== undefined) {
    const { fields, key, timeColumn } = object.schema
    const rows = fields.map((field, at) => [
      field.name,
      typeName(field.type),
      [field.nullable ? '' : 'not null', key.includes(at) ? 'key' : '', timeColumn === at ? 'event time' : '']
        .filter(Boolean)
        .join(', '),
    ])
    await printResults(textResults(['column', 'type', 'notes'], rows), { terminal, format, footer: false })
  }
  if (!people) return
  for (const [key, value] of Object.entries(object.properties)) {
    await writeTo(out, `${printable(key)} = ${printable(value)}\n`)
  }
  if (object.sql !== '') await writeTo(out, `\n${object.sql.trimEnd()}\n`)
}
