import { RE2JS } from 're2js'

/**
 * A regular expression of a user over names, in RE2's syntax: it takes linear time whatever it says, and has no
 * look-around and no back-references.
 */
export interface NamePattern {
  /** The whole of the name, as in Java's `matches`. */
  matches(name: string): boolean
}

export const NAME_PATTERN_CHARACTERS_MAX = 1_000

/** What is wrong with it, or the pattern. */
export function namePattern(text: string): NamePattern | { readonly fault: string } {
  if (text.length > NAME_PATTERN_CHARACTERS_MAX) {
    return { fault: `it has ${text.length} characters, and may have ${NAME_PATTERN_CHARACTERS_MAX}` }
  }
  try {
    const compiled = RE2JS.compile(text)
    return { matches: (name) => compiled.matches(name) }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}
