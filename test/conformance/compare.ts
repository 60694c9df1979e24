// What a step gave against what it has to give. Only what a case names is compared, so that a case tells one thing.

/** In the place of a value: what has to hold of it. */
const MATCHERS: Readonly<Record<string, (actual: unknown, operand: unknown) => boolean>> = {
  $atLeast: (actual, least) => typeof actual === 'number' && actual >= Number(least),
  $atMost: (actual, most) => typeof actual === 'number' && actual <= Number(most),
  $contains: (actual, part) => typeof actual === 'string' && actual.includes(String(part)),
}

/** The first difference, as a sentence with its place; `undefined` when there is none. */
export function difference(expected: unknown, actual: unknown, place = 'result'): string | undefined {
  if (Array.isArray(expected)) return differenceOfLists(expected, actual, place)
  if (typeof expected !== 'object' || expected === null) {
    return textOf(expected) === textOf(actual) ? undefined : differs(place, expected, actual)
  }
  const matchers = Object.entries(expected).filter(([name]) => Object.hasOwn(MATCHERS, name))
  if (matchers.length > 0) {
    const failed = matchers.some(([name, operand]) => MATCHERS[name]?.(actual, operand) !== true)
    return failed ? differs(place, expected, actual) : undefined
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return differs(place, expected, actual)
  for (const [name, member] of Object.entries(expected)) {
    const found = difference(member, (actual as Record<string, unknown>)[name] ?? null, `${place}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function differenceOfLists(expected: readonly unknown[], actual: unknown, place: string): string | undefined {
  if (!Array.isArray(actual) || actual.length !== expected.length) return differs(place, expected, actual)
  for (const [index, member] of expected.entries()) {
    const found = difference(member, actual[index], `${place}[${index}]`)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * A number as its digits: a language that has one type for integers of all sizes tells 7 where another tells "7". One
 * that was rounded on its way has other digits.
 */
function textOf(value: unknown): string {
  return JSON.stringify(typeof value === 'number' ? String(value) : (value ?? null))
}

function differs(place: string, expected: unknown, actual: unknown): string {
  return `${place} is ${JSON.stringify(actual)} and not ${JSON.stringify(expected)}`
}

/** In an order of their own: rows of a table have none. */
export function sorted(rows: readonly unknown[]): readonly unknown[] {
  return [...rows].sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1))
}
