import { EvaluationError } from '../../core/evaluation-error.ts'

/** Steps of a path such as `$.user.tags[0]` or `$['first name']`: names and positions. */
export type JsonPath = readonly (string | number)[]

const STEP =
  /\.([A-Za-z_\u0080-\uffff][\w\u0080-\uffff-]*)|\.?"([^"]*)"|\[(-?\d{1,9})\]|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\]/y

/** Throws EvaluationError for a path with anything else, such as wildcards. */
export function parsePath(text: string): JsonPath {
  const bare = text.replace(/^(?:lax|strict)\s+/, '')
  if (!bare.startsWith('$')) throw new EvaluationError('JSON path does not start with $')
  const steps: (string | number)[] = []
  let position = 1
  while (position < bare.length) {
    STEP.lastIndex = position
    const match = STEP.exec(bare)
    if (match === null) throw new EvaluationError("JSON path has a step that is not .name, [position] or ['name']")
    steps.push(match[3] === undefined ? ((match[1] ?? match[2] ?? match[4] ?? match[5]) as string) : Number(match[3]))
    position = STEP.lastIndex
  }
  return steps
}

/** `undefined` where the path leads nowhere. Only own fields are followed, whatever their names. */
export function followPath(json: unknown, path: JsonPath): unknown {
  let current = json
  for (const step of path) {
    if (current === null || typeof current !== 'object') return undefined
    if (typeof step === 'number') current = Array.isArray(current) ? current.at(step) : undefined
    else if (!Array.isArray(current) && Object.hasOwn(current, step))
      current = (current as Record<string, unknown>)[step]
    else return undefined
  }
  return current
}
