import type { LiveRow } from '../live-rows.ts'
import { ChangeKind, type Schema } from '../proto/weir/v1/types_pb.ts'
import { CHANGE_SIGNS, isNumber, textOf } from '../values.ts'
import { Table } from './table.tsx'

export interface RowTableProps {
  readonly schema: Schema
  readonly rows: readonly LiveRow[]
  /** Whether each row says what kind of change it is. */
  readonly changes: boolean
  readonly label: string
}

/** Rows of a result, the newest first. What is in them is text, whatever it looks like. */
export function RowTable({ schema, rows, changes, label }: RowTableProps) {
  const { columns } = schema
  const head = columns.map((column) => ({ name: column.name, type: column.type?.sql, number: isNumber(column) }))
  return (
    <Table label={label} columns={changes ? [{ name: 'change' }, ...head] : head}>
      {rows.map(({ id, change, values }) => (
        <tr key={id} class={change === ChangeKind.DELETE || change === ChangeKind.UPDATE_BEFORE ? 'gone' : ''}>
          {changes && <td class="mono">{CHANGE_SIGNS[change]}</td>}
          {columns.map((column, i) => (
            <td key={column.name} class={isNumber(column) ? 'number' : ''}>
              {values[i]?.kind.case === 'nullValue' ? <i class="dim">NULL</i> : textOf(values[i], column.type)}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  )
}
