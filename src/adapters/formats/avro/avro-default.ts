import type { SqlType } from '../../../core/type.ts'
import type { Value } from '../../../core/value.ts'
import { Incompatible } from '../schema-faults.ts'
import { AvroInput } from './avro-input.ts'
import { AvroOutput } from './avro-output.ts'
import type { AvroRecord, AvroType } from './avro-schema.ts'
import { valueReader } from './avro-value.ts'

/**
 * The default of a field as a value of a column. The JSON is written as Avro and read again, so that a default means
 * exactly what the same value in a record means.
 */
export function defaultValue(type: AvroType, json: unknown, target: SqlType): Value {
  const output = new AvroOutput()
  writeDefault(type, json, output)
  const bytes = Buffer.from(output.take())
  const input = new AvroInput()
  input.begin(bytes, 0, bytes.length)
  return valueReader(type, undefined, target, defaultValue)(input)
}

/** @throws Incompatible where the JSON is no value of the type. */
export function writeDefault(type: AvroType, json: unknown, output: AvroOutput): void {
  new DefaultWriter().write(type, json, output)
}

/** Values in one default at most; those of records that contain themselves need not have an end. */
export const DEFAULT_VALUES_MAX = 1_000

class DefaultWriter {
  #values = 0

  write(type: AvroType, json: unknown, output: AvroOutput): void {
    if (++this.#values > DEFAULT_VALUES_MAX) throw new Incompatible('the default in the schema has no end')
    switch (type.kind) {
      case 'null':
        check(json === null)
        break
      case 'boolean':
        check(typeof json === 'boolean')
        output.boolean(json as boolean)
        break
      case 'int':
      case 'long':
        check(Number.isSafeInteger(json))
        output.long(json as number)
        break
      case 'float':
        check(typeof json === 'number')
        output.float(json as number)
        break
      case 'double':
        check(typeof json === 'number')
        output.double(json as number)
        break
      case 'string':
        check(typeof json === 'string')
        output.string(json as string)
        break
      // A character for each byte.
      case 'bytes':
        check(typeof json === 'string')
        output.bytes(Buffer.from(json as string, 'latin1'))
        break
      case 'fixed':
        check(typeof json === 'string' && json.length === type.size)
        output.fixed(Buffer.from(json as string, 'latin1'))
        break
      case 'enum':
        check(type.symbols.includes(json as string))
        output.long(type.symbols.indexOf(json as string))
        break
      case 'array':
        check(Array.isArray(json))
        writeBlock(json as readonly unknown[], output, (one) => this.write(type.items, one, output))
        break
      case 'map':
        check(isObject(json))
        writeBlock(Object.entries(json as object), output, ([key, value]) => {
          output.string(key)
          this.write(type.values, value, output)
        })
        break
      case 'union':
        this.#union(type.branches, json, output)
        break
      case 'record':
        check(isObject(json))
        this.#record(type, json as Readonly<Record<string, unknown>>, output)
        break
    }
  }

  #record(type: AvroRecord, json: Readonly<Record<string, unknown>>, output: AvroOutput): void {
    for (const { name, type: fieldType, fallback } of type.fields) {
      this.write(fieldType, Object.hasOwn(json, name) ? json[name] : fallback, output)
    }
  }

  /** The default is of the first branch, says the specification up to 1.11; later ones take any branch that fits. */
  #union(branches: readonly AvroType[], json: unknown, output: AvroOutput): void {
    for (const [index, branch] of branches.entries()) {
      const attempt = new AvroOutput()
      try {
        this.write(branch, json, attempt)
      } catch (error) {
        if (error instanceof Incompatible) continue
        throw error
      }
      output.long(index)
      output.fixed(attempt.take())
      return
    }
    check(false)
  }
}

function writeBlock<T>(elements: readonly T[], output: AvroOutput, write: (element: T) => void): void {
  if (elements.length > 0) {
    output.long(elements.length)
    for (const element of elements) write(element)
  }
  output.long(0)
}

function check(fits: boolean): void {
  if (!fits) throw new Incompatible('the default in the schema is no value of its type')
}

function isObject(json: unknown): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
