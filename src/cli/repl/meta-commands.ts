// The backslash commands: how they are read and what they say of themselves. Their spelling is psql's where psql has
// the command.

import type { ObjectKind } from '../../runtime/api.ts'
import { OUTPUT_FORMATS, type OutputFormat } from '../output/result-writer.ts'

export type MetaCommand =
  | { readonly kind: 'describe'; readonly name: string }
  | { readonly kind: 'list'; readonly objects: readonly ObjectKind[] }
  | { readonly kind: 'explain'; readonly sql: string }
  | { readonly kind: 'expanded' }
  | { readonly kind: 'timing' }
  | { readonly kind: 'output'; readonly format: OutputFormat }
  | { readonly kind: 'include'; readonly path: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'invalid'; readonly message: string; readonly hint: string }

/** Command, argument, what it does: the help prints this table, and completion offers its first column. */
export const META_COMMANDS = [
  ['\\d', '[NAME]', 'list everything, or describe one object'],
  ['\\ds', '', 'list streams'],
  ['\\dt', '', 'list tables'],
  ['\\dv', '', 'list views and materialized views'],
  ['\\dq', '', 'list continuous queries'],
  ['\\explain', 'SQL', 'show how a statement would run'],
  ['\\x', '', 'switch between one column a line and a table'],
  ['\\timing', '', 'switch the footer with rows and time on or off'],
  ['\\o', 'FORMAT', `print results as ${OUTPUT_FORMATS.join(', ')}`],
  ['\\i', 'FILE', 'run the statements of a file'],
  ['\\?', '', 'show this'],
  ['\\q', '', 'leave'],
] as const

const EVERYTHING: readonly ObjectKind[] = ['stream', 'table', 'view', 'materialized-view', 'sink', 'query']

export function isMetaCommand(line: string): boolean {
  return line.trimStart().startsWith('\\')
}

export function parseMetaCommand(line: string): MetaCommand {
  const match = /^\\(\S+)\s*([\s\S]*?)\s*;?\s*$/.exec(line.trim())
  const [, name = '', argument = ''] = match ?? []
  switch (name) {
    case 'd':
      return argument === '' ? { kind: 'list', objects: EVERYTHING } : { kind: 'describe', name: unquoted(argument) }
    case 'ds':
      return { kind: 'list', objects: ['stream'] }
    case 'dt':
      return { kind: 'list', objects: ['table'] }
    case 'dv':
      return { kind: 'list', objects: ['view', 'materialized-view'] }
    case 'dq':
      return { kind: 'list', objects: ['query'] }
    case 'explain':
      return argument === '' ? missing('\\explain', 'a statement') : { kind: 'explain', sql: argument }
    case 'x':
      return { kind: 'expanded' }
    case 'timing':
      return { kind: 'timing' }
    case 'o':
      return isOutputFormat(argument)
        ? { kind: 'output', format: argument }
        : missing('\\o', OUTPUT_FORMATS.join(' | '))
    case 'i':
      return argument === '' ? missing('\\i', 'a file') : { kind: 'include', path: argument }
    case '?':
    case 'h':
    case 'help':
      return { kind: 'help' }
    case 'q':
    case 'quit':
      return { kind: 'quit' }
    default:
      return { kind: 'invalid', message: `unknown command \\${name}`, hint: '\\? lists the commands' }
  }
}

export function isOutputFormat(text: string): text is OutputFormat {
  return (OUTPUT_FORMATS as readonly string[]).includes(text)
}

export function metaHelp(): string {
  const usages = META_COMMANDS.map(([name, argument]) => `${name} ${argument}`.trimEnd())
  const width = Math.max(...usages.map((usage) => usage.length))
  const lines = META_COMMANDS.map(([, , what], at) => `  ${(usages[at] ?? '').padEnd(width)}  ${what}`)
  return [
    ...lines,
    '',
    'A statement ends with ; and may span lines. Ctrl-C cancels what runs, a second one leaves.',
  ].join('\n')
}

function missing(command: string, what: string): MetaCommand {
  return { kind: 'invalid', message: `${command} needs an argument: ${what}`, hint: '\\? lists the commands' }
}

/** A name as the catalog has it: folded, unless it was quoted. */
function unquoted(name: string): string {
  const quoted = /^(["`])([\s\S]*)\1$/.exec(name)
  return quoted === null ? name.toLowerCase() : (quoted[2] ?? '').replaceAll(quoted[1]!.repeat(2), quoted[1]!)
}
