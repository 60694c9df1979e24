import { EvaluationError } from '../../../core/evaluation-error.ts'
import { formatValue, writeJsonValue } from '../../../core/format-value.ts'
import { isJsonText, jsonText, parseJsonExact } from '../../../core/parse-value.ts'
import type { SqlType } from '../../../core/type.ts'
import type { ExactInteger, Value } from '../../../core/value.ts'
import { type BoundCall, type FunctionTable, lenientBy, type ScalarBody, strict, strictBy } from '../function.ts'
import { followPath, type JsonPath, parsePath } from '../json-path.ts'

/** JSON functions. A JSON value is its text; several functions over one column of a row parse it once. */
let lastText: string | undefined
let lastJson: unknown

function parse(text: string): unknown {
  if (text === lastText) return lastJson
  const json = parseJsonExact(text)
  lastText = text
  lastJson = json
  return json
}

/** `undefined` where there is nothing, which is not JSON null. */
function child(text: string, key: string | ExactInteger): unknown {
  const json = parse(text)
  if (typeof key === 'string') return isObject(json) && Object.hasOwn(json, key) ? json[key] : undefined
  return Array.isArray(json) ? json.at(Number(key)) : undefined
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return (
    json !== null &&
    typeof json === 'object' &&
    !Array.isArray(json) &&
    Object.getPrototypeOf(json) === Object.prototype
  )
}

/** Strings without quotes, JSON null as NULL, all else as JSON text. */
function asText(json: unknown): Value {
  if (json === undefined || json === null) return null
  return typeof json === 'string' ? json.toWellFormed() : jsonText(json)
}

function asJson(json: unknown): Value {
  return json === undefined ? null : jsonText(json)
}

function atPath(give: (json: unknown) => Value): ScalarBody {
  return strictBy(({ constants }: BoundCall) => {
    const known = new Map<string, JsonPath>()
    return (text: string, pathText: string) => {
      const path = known.get(pathText) ?? parsePath(pathText)
      if (constants[1] === pathText) known.set(pathText, path)
      return give(followPath(parse(text), path))
    }
  })
}

function jsonObject({ types }: BoundCall): (...values: Value[]) => Value {
  return (...values) => {
    if (values.length % 2 !== 0) throw new EvaluationError('json_object has a name without a value')
    const parts: string[] = []
    for (let i = 0; i < values.length; i += 2) {
      const name = values[i] as Value
      if (name === null) throw new EvaluationError('name in json_object is NULL')
      const key = JSON.stringify(formatValue(types[i] as SqlType, name))
      parts.push(`${key}:${writeJsonValue(types[i + 1] as SqlType, values[i + 1] as Value)}`)
    }
    return `{${parts.join(',')}}`
  }
}

function typeOf(json: unknown): string {
  if (json === null) return 'null'
  if (Array.isArray(json)) return 'array'
  if (isObject(json)) return 'object'
  // Numbers of many digits are objects of their own.
  return typeof json === 'object' ? 'number' : typeof json
}

export const JSON_FUNCTIONS: FunctionTable = {
  json_get: strict((text: string, key: string | ExactInteger) => asJson(child(text, key))),
  json_get_text: strict((text: string, key: string | ExactInteger) => asText(child(text, key))),
  json_value: atPath((json) => (isObject(json) || Array.isArray(json) ? null : asText(json))),
  json_query: atPath(asJson),
  json_exists: atPath((json) => json !== undefined),
  json_object: lenientBy(jsonObject),
  json_array: lenientBy(
    ({ types }) =>
      (...values: Value[]) =>
        `[${values.map((value, i) => writeJsonValue(types[i] as SqlType, value)).join(',')}]`,
  ),
  is_json: strict(isJsonText),
  to_json: strictBy(
    ({ types }) =>
      (value: Value) =>
        writeJsonValue(types[0] as SqlType, value),
  ),
  json_typeof: strict((text: string) => typeOf(parse(text))),
  json_array_length: strict((text: string) => {
    const json = parse(text)
    return Array.isArray(json) ? json.length : null
  }),
  json_keys: strict((text: string) => {
    const json = parse(text)
    return isObject(json) ? Object.keys(json) : null
  }),
}
