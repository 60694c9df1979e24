import { SQLDialect, type SQLNamespace } from '@codemirror/lang-sql'
import { NON_RESERVED, RESERVED } from '../../../grammar/keywords.ts'
import { listedObjects } from './api.ts'
import { ObjectKind } from './proto/weir/v1/catalog_pb.ts'

/** What the editor completes beside the words of the language. */
export interface Words {
  readonly functions: readonly string[]
  /** Columns by stream, table or view. */
  readonly tables: SQLNamespace
}

export const NO_WORDS: Words = { functions: [], tables: {} }

const KINDS = [ObjectKind.STREAM, ObjectKind.TABLE, ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW]

export async function loadWords(): Promise<Words> {
  const [functions, ...relations] = await Promise.all([
    listedObjects(ObjectKind.FUNCTION),
    ...KINDS.map((kind) => listedObjects(kind)),
  ])
  return {
    functions: functions.map(({ name }) => name.toLowerCase()),
    tables: Object.fromEntries(relations.flat().map(({ name, detail }) => [name, columnsOf(detail)])),
  }
}

/** `a BIGINT, b ARRAY<INT>` → a, b: a word at the beginning or behind a comma that is in no bracket. */
function columnsOf(detail: string): string[] {
  let depth = 0
  let start = true
  const names: string[] = []
  for (const [piece] of detail.matchAll(/[(<]|[)>]|,|[\w$]+|"[^"]*"/g)) {
    if (piece === '(' || piece === '<') depth++
    else if (piece === ')' || piece === '>') depth--
    else if (piece === ',') start = depth === 0
    else {
      if (start && depth === 0) names.push(piece.replaceAll('"', ''))
      start = false
    }
  }
  return names
}

const KEYWORDS = [...RESERVED, ...NON_RESERVED].join(' ')
const TYPES =
  'bigint boolean bytes date decimal double float int integer json string struct time timestamp varchar varbinary'

export function weirSql({ functions }: Words): SQLDialect {
  return SQLDialect.define({
    keywords: KEYWORDS,
    types: TYPES,
    builtin: functions.join(' '),
    caseInsensitiveIdentifiers: true,
    doubleQuotedStrings: false,
  })
}
