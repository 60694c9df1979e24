// A table that scrolls by itself, with a head that stays.

import type { ComponentChildren } from 'preact'

export interface TableColumn {
  readonly name: string
  /** Under the name, small. */
  readonly type?: string | undefined
  /** Aligned to the right, as its cells are. */
  readonly number?: boolean
}

export interface TableProps {
  readonly label: string
  readonly columns: readonly TableColumn[]
  /** Rows. */
  readonly children: ComponentChildren
}

export function Table({ label, columns, children }: TableProps) {
  return (
    // Reached by keyboard, since it scrolls.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached
    <section class="scroll" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, type, number }) => (
              <th scope="col" key={name} class={number ? 'number' : ''}>
                {name}
                {type !== undefined && <span class="type">{type}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
