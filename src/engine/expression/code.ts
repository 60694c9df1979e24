/**
 * Source text that may be compiled. The one way to make it is the tag `code`, which takes nothing but other Code and
 * safe integers: a name, alias or literal of a user has no way in. Columns are slot numbers, constants and functions
 * are slots of arrays, and all names come from `Names`.
 */
export class Code {
  readonly #text: string

  /** @internal Only for this module: `code` is the door. */
  constructor(text: string, key: typeof KEY) {
    if (key !== KEY) throw new TypeError('code is made by the template tag only')
    this.#text = text
  }

  get length(): number {
    return this.#text.length
  }

  toString(): string {
    return this.#text
  }

  static is(value: unknown): value is Code {
    return typeof value === 'object' && value !== null && #text in value
  }
}

const KEY: unique symbol = Symbol('code')

/** `code\`${a} + ${1}\``: parts are Code or safe integers; anything else throws. */
export function code(strings: TemplateStringsArray, ...values: readonly (Code | number)[]): Code {
  if (!Object.isFrozen(strings) || !Array.isArray(strings.raw)) throw new TypeError('code takes a template literal')
  let text = strings[0] as string
  for (let i = 0; i < values.length; i++) text += textOf(values[i]) + (strings[i + 1] as string)
  return new Code(text, KEY)
}

function textOf(value: unknown): string {
  if (Code.is(value)) return value.toString()
  if (Number.isSafeInteger(value)) return (value as number) < 0 ? `(${value})` : String(value)
  throw new TypeError('code takes only code and safe integers')
}

export function joinCode(parts: readonly Code[], separator: Code): Code {
  let text = ''
  for (const [i, part] of parts.entries()) text += (i === 0 ? '' : separator.toString()) + textOf(part)
  return new Code(text, KEY)
}

/** Names v1, v2 …, unique within one function. */
export class Names {
  #last = 0

  next(): Code {
    this.#last++
    return new Code(`v${this.#last}`, KEY)
  }
}

/** The field a0, a1 … of a generated accumulator. */
export function fieldName(index: number): Code {
  if (!Number.isSafeInteger(index) || index < 0) throw new TypeError('a field has a number')
  return new Code(`a${index}`, KEY)
}
