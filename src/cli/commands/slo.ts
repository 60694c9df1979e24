// `weir slo`: for how much of the last thirty days the queries of a server kept what is promised of them.

import type { Objective } from '../../../clients/typescript/src/index.ts'
import { type ConnectionOptions, connectOptions } from '../connection.ts'
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { appError, connectTo } from '../remote-session.ts'
import { renderTable, type TableColumn } from '../render-table.ts'
import { reportError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'

export interface SloOptions extends ConnectionOptions {
  readonly json?: boolean | undefined
}

const COLUMNS: readonly TableColumn[] = [
  { name: 'query', align: 'left' },
  { name: 'indicator', align: 'left' },
  { name: 'objective', align: 'right' },
  { name: 'now', align: 'right' },
  { name: 'held', align: 'right' },
  { name: 'target', align: 'right' },
  { name: 'budget left', align: 'right' },
  { name: 'known for', align: 'right' },
]

/** `query` is undefined for all. Exit code 1 where the error budget of one is used up: a script can ask. */
export async function sloCommand(
  query: string | undefined,
  options: SloOptions,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  try {
    await using client = await connectTo(options.server, await connectOptions(options, env))
    const all = await client.listObjectives().catch((error: unknown) => {
      throw appError(error)
    })
    const objectives = all.filter((one) => query === undefined || one.query === query)
    if (options.json === true) for (const one of objectives) terminal.out.write(`${JSON.stringify(jsonOf(one))}\n`)
    else if (objectives.length === 0) terminal.err.write('no query runs\n')
    else terminal.out.write(`${renderTable(COLUMNS, objectives.map(rowOf), terminal.size()?.columns)}\n`)
    return objectives.some(({ errorBudget = 1 }) => errorBudget <= 0) ? EXIT_CODES.failure : EXIT_CODES.ok
  } catch (error) {
    return reportError(error, terminal.err, { colour: terminal.colour.err })
  }
}

/** One object a line; what is unknown is null. */
function jsonOf({ value = undefined, attainment = undefined, errorBudget = undefined, ...rest }: Objective) {
  return { ...rest, value: value ?? null, attainment: attainment ?? null, errorBudget: errorBudget ?? null }
}

function rowOf(one: Objective): readonly string[] {
  const { query, indicator, threshold, value, attainment, target, errorBudget, minutes } = one
  const figure = (of: number) => (indicator.endsWith('_ms') ? `${Math.round(of)} ms` : percent(of))
  return [
    query,
    indicator,
    `< ${figure(threshold)}`,
    value === undefined ? '' : figure(value),
    attainment === undefined ? '' : percent(attainment),
    percent(target),
    errorBudget === undefined ? '' : percent(errorBudget),
    minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`,
  ]
}

/** As many digits as say something: 99.95 %, 0.1 %. */
function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`
}
