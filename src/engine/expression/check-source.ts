import { assert } from '../../core/assert.ts'

/**
 * The second lock on generated code: whatever made the source, only these tokens are compiled. No strings but the one
 * that `typeof` is compared with, no property but the listed ones, no index but a number or a loop variable.
 */
const TOKEN = /\s+|\d+|'number'|[A-Za-z_$][A-Za-z0-9_$]*|===|!==|=>|<=|>=|&&|\|\||\+\+|\+=|[-+*/%<>=!?:;,.(){}[\]|]/y

const KEYWORDS = new Set('const let if else for return break continue typeof null true false'.split(' '))
/** Parameters and loop variables of generated functions. */
const NAMES = new Set('c o s e x k f r i n a b t'.split(' '))
const VARIABLE = /^v[1-9]\d*$/
const FIELD = /^a\d+$/
const PROPERTIES = new Set(['nowMs'])

/** Throws an AssertionError unless the source consists of allowed tokens. */
export function checkSource(source: string): void {
  const tokens = tokenize(source)
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as string
    const previous = tokens[i - 1]
    if (/^[A-Za-z_$]/.test(token)) checkName(token, previous, tokens[i + 1])
    else if (token === '[') checkBracket(tokens, i)
    else if (token === "'number'") assert(previous === '===', 'generated code compares typeof only')
    else if (token === '.') assert(FIELD.test(tokens[i + 1] ?? '') || PROPERTIES.has(tokens[i + 1] ?? ''), UNKNOWN)
  }
}

const UNKNOWN = 'generated code has an unknown name'

function tokenize(source: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source)
    assert(match !== null, 'generated code has an unknown token')
    const token = (match as RegExpExecArray)[0]
    if (!/^\s/.test(token)) tokens.push(token)
  }
  TOKEN.lastIndex = 0
  return tokens
}

function checkName(token: string, previous: string | undefined, next: string | undefined): void {
  if (previous === '.') {
    assert(FIELD.test(token) || PROPERTIES.has(token), UNKNOWN)
    return
  }
  // A key of an object literal.
  if (FIELD.test(token) && next === ':') return
  assert(KEYWORDS.has(token) || NAMES.has(token) || VARIABLE.test(token), UNKNOWN)
}

/** `[3]` and `[i]` are indexes; `return [` begins the list of results. */
function checkBracket(tokens: readonly string[], at: number): void {
  if (tokens[at - 1] === 'return') return
  const index = tokens[at + 1] ?? ''
  assert(/^\d+$/.test(index) || NAMES.has(index), 'generated code has an unknown index')
  assert(tokens[at + 2] === ']', 'generated code has an unknown index')
}
