import type { Random } from '../harness/random.ts'

/**
 * MATCH_RECOGNIZE by regular expressions: where each row can be one variable only, the rows of a key are a text of a
 * letter and an id each, and DuckDB finds in it what the pattern finds in the rows. Both prefer the same way through a
 * pattern: what stands further to the left decides first.
 */
interface MatchQueries {
  readonly query: string
  readonly expected: string
}

const ID_DIGITS = 4
const ROW_LENGTH = ID_DIGITS + 1
const CONDITIONS = [
  { letter: 'x', condition: 'v < 2 OR v IS NULL' },
  { letter: 'y', condition: 'v >= 2 AND v < 4' },
  { letter: 'z', condition: 'v >= 4' },
]
const LETTER = "CASE WHEN v < 2 OR v IS NULL THEN 'x' WHEN v < 4 THEN 'y' ELSE 'z' END"

const PATTERNS = [
  'x y',
  'x y+ z',
  'x+ (y | z)',
  'x* y',
  'x y? z',
  '(x | y) z{1,2}',
  'x{2} y*? z',
  '(x y)+ z',
  'x+? (y | z)+?',
  'z (x | y)*? z',
]

export function randomMatch(random: Random): MatchQueries {
  const pattern = random.pick(PATTERNS)
  const regex = pattern.replaceAll(' ', '').replaceAll(/[xyz]/g, (letter) => `(?:${letter}\\d{${ID_DIGITS}})`)
  const by = random.pick(['k', 'g', undefined])
  const toNext = random.chance(0.3)
  const defined = CONDITIONS.filter(({ letter }) => pattern.includes(letter))
  const counted = random.pick(defined).letter
  const query =
    `SELECT * FROM a MATCH_RECOGNIZE (${by === undefined ? '' : `PARTITION BY ${by} `}ORDER BY ts` +
    ' MEASURES FIRST(id) AS first_id, LAST(id) AS last_id, COUNT(*) AS n, ' +
    `COUNT(${counted}.id) AS of_one` +
    ` AFTER MATCH SKIP ${toNext ? 'TO NEXT ROW' : 'PAST LAST ROW'} PATTERN (${pattern})` +
    ` DEFINE ${defined.map(({ letter, condition }) => `${letter} AS ${condition}`).join(', ')}) AS m`
  const rows = `STRING_AGG(${LETTER} || LPAD(CAST(id AS VARCHAR), ${ID_DIGITS}, '0'), '' ORDER BY ts, seq)`
  const found = toNext
    ? `UNNEST([REGEXP_EXTRACT(SUBSTR(rows, i * ${ROW_LENGTH} + 1), '^${regex}')` +
      ` FOR i IN RANGE(LENGTH(rows) // ${ROW_LENGTH})])`
    : `UNNEST(REGEXP_EXTRACT_ALL(rows, '${regex}'))`
  const key = by ?? '1 AS key'
  const expected =
    `SELECT ${by === undefined ? '' : `${by}, `}CAST(SUBSTR(m, 2, ${ID_DIGITS}) AS BIGINT),` +
    ` CAST(RIGHT(m, ${ID_DIGITS}) AS BIGINT), LENGTH(m) // ${ROW_LENGTH},` +
    ` LENGTH(m) - LENGTH(REPLACE(m, '${counted}', ''))` +
    ` FROM (SELECT ${by ?? 'key'}, ${found} AS m FROM (SELECT ${key}, ${rows} AS rows FROM a GROUP BY ${by ?? 'key'}))` +
    " WHERE m <> ''"
  return { query, expected }
}
