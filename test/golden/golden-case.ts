/**
 * A golden file of a run:
 *
 *     -- why this case is, in a sentence or two; lines that begin with @ are options
 *     statements; the last one is the query
 *     ==== input
 *     stream {"column":1}              -- a record of partition 0
 *     stream/1 {"column":1}            -- of partition 1
 *     stream not even JSON
 *     @advance 500ms                   -- processing time moves
 *     @commit                          -- a checkpoint, marked in the output
 *     ==== output
 *     +I {"column":1}
 *     @commit watermark 5
 *     ==== late | ==== dead letter | ==== counters
 *
 * Input and output are lines, so that a diff of either is read at a glance.
 */
export type GoldenEvent =
  | { readonly kind: 'record'; readonly stream: string; readonly partition: number; readonly text: string }
  | { readonly kind: 'advance'; readonly durationMs: number }
  | { readonly kind: 'commit' }

export type Mode = 'whole' | 'checkpoints' | 'kills'

export interface GoldenCase {
  /** Everything before the first section that holds expectations, to be written back as it is. */
  readonly head: string
  readonly setup: string
  readonly query: string
  readonly events: readonly GoldenEvent[]
  readonly modes: readonly Mode[]
  readonly batches: readonly number[]
  /** The input does not end: nothing is closed but by the events. */
  readonly open: boolean
  readonly expected: Readonly<Record<Section, string>>
}

export const SECTIONS = ['output', 'late', 'dead letter', 'counters'] as const
export type Section = (typeof SECTIONS)[number]

export function parseGolden(text: string): GoldenCase {
  const parts = text.split(/^==== (.*)\n/m)
  const sections = new Map<string, string>()
  for (let i = 1; i < parts.length; i += 2) sections.set(parts[i] as string, parts[i + 1] as string)
  const statements = parts[0] as string
  const input = sections.get('input') ?? ''
  const options = [...statements.matchAll(/^(?:-- )?@(\w+) ?(.*)$/gm)].map((match) => [match[1], match[2]] as const)
  const option = (name: string): string | undefined => options.find(([known]) => known === name)?.[1]
  const sql = statements.replace(/^(-- )?@.*\n/gm, '').replace(/^--.*\n/gm, '')
  const list = sql
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
  return {
    head: `${statements}==== input\n${input}`,
    setup: list
      .slice(0, -1)
      .map((statement) => `${statement};`)
      .join('\n'),
    query: list.at(-1) ?? '',
    events: input
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(parseEvent),
    modes: (option('modes')?.split(', ') ?? ['whole', 'checkpoints', 'kills']) as Mode[],
    batches: option('batches')?.split(', ').map(Number) ?? [1, 7, 1024],
    open: option('open') !== undefined,
    expected: Object.fromEntries(SECTIONS.map((name) => [name, sections.get(name) ?? ''])) as Record<Section, string>,
  }
}

function parseEvent(line: string): GoldenEvent {
  const text = line.replace(/\s+-- .*$/, '')
  const advance = /^@advance (\d+)ms$/.exec(text)
  if (advance !== null) return { kind: 'advance', durationMs: Number(advance[1]) }
  if (text === '@commit') return { kind: 'commit' }
  const record = /^(\w+)(?:\/(\d+))? (.*)$/.exec(text)
  if (record === null) throw new Error(`not an input line: ${line}`)
  return { kind: 'record', stream: record[1] as string, partition: Number(record[2] ?? 0), text: record[3] as string }
}

export function printGolden(golden: GoldenCase, sections: Readonly<Record<Section, string>>): string {
  let text = golden.head
  for (const name of SECTIONS) {
    // What a file does not ask for is left out while there is nothing to tell; the output is always there.
    if (name === 'output' || sections[name] !== '') text += `==== ${name}\n${sections[name]}`
  }
  return text
}
