// Texts made to escape from wherever they are put: into SQL, into compiled code, into objects, into terminals.

const SEEDS: readonly string[] = [
  "'",
  '"',
  '`',
  '\\',
  "\\'",
  "''; DROP STREAM secret; --",
  '"; DROP STREAM secret; --',
  '*/ process.exit(1) /*',
  '// process.exit(1)',
  '${process.exit(1)}',
  '`${globalThis.process.exit(1)}`',
  "'+process.exit(1)+'",
  '"+process.exit(1)+"',
  ');process.exit(1);(',
  '];process.exit(1);[',
  '}));process.exit(1);((() => {',
  "constructor.constructor('return process')().exit(1)",
  "import('node:process').then((p) => p.exit(1))",
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'then',
  'arguments',
  'this',
  'await',
  'r',
  'k',
  'f',
  'v1',
  'r[0]',
  '\u2028process.exit(1)\u2029',
  '\r\nprocess.exit(1)\n',
  '\u0000',
  '\uFEFF',
  '\u202Eexit',
  '\uD800',
  '\u{1F600}',
  '\x1b[2J\x1b]0;owned\x07',
  '%s%n%d',
  '<script>alert(1)</script>',
  '$1',
  '$&',
  '../../../../etc/passwd',
  '\\u0027',
  '\\x27',
  'a'.repeat(10_000),
  "'".repeat(2_000),
  '\u2028'.repeat(2_000),
]

/** So many different ones: each seed by itself, and with others around it. */
export function hostileTexts(count: number): readonly string[] {
  const texts = new Set(SEEDS)
  for (let i = 0; texts.size < count; i++) {
    const [a, b] = [SEEDS[i % SEEDS.length], SEEDS[(i * 7 + 3) % SEEDS.length]]
    texts.add(`${a}${i}${b}`)
  }
  return [...texts].slice(0, count)
}
