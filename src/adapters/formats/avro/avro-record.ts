import { EvaluationError } from '../../../core/evaluation-error.ts'
import type { Value } from '../../../core/value.ts'
import type { RecordReader, WantedColumn } from '../record-reader.ts'
import { Incompatible, inField } from '../schema-faults.ts'
import { defaultValue } from './avro-default.ts'
import { AvroInput } from './avro-input.ts'
import type { AvroField, AvroRecord, AvroType } from './avro-schema.ts'
import { soleBranch } from './avro-types.ts'
import { skipper, valueReader, writersField } from './avro-value.ts'

/**
 * Columns straight from the bytes of records that were written with one schema: fields that nobody wants are passed
 * over, and no object is made for a record. With a reader's schema, its aliases and defaults count.
 *
 * @throws Incompatible where a column can't be had from this schema.
 */
export function avroRecordReader(
  writer: AvroType,
  reader: AvroType | undefined,
  columns: readonly WantedColumn[],
): RecordReader {
  return new AvroRecordReader(writer, reader, columns)
}

type Step = (row: Value[]) => void

/** A column together with the field that the reader's schema has for it. */
interface Wanted {
  readonly column: WantedColumn
  readonly expected: AvroType | undefined
}

class AvroRecordReader implements RecordReader {
  readonly #input = new AvroInput()
  readonly #read: Step
  /** The field that is being read, for messages. */
  #place = ''

  constructor(writer: AvroType, reader: AvroType | undefined, columns: readonly WantedColumn[]) {
    this.#read = this.#inside(
      writer,
      columns.map((column) => ({ column, expected: reader })),
      0,
    )
  }

  read(data: Buffer, start: number, end: number, row: Value[]): void {
    this.#input.begin(data, start, end)
    this.#place = ''
    try {
      this.#read(row)
    } catch (error) {
      if (!(error instanceof EvaluationError) || this.#place === '') throw error
      throw new EvaluationError(`field "${this.#place}": ${error.reason}`)
    }
    this.#input.expectEnd()
  }

  /** What stands `depth` names below the root; `expected` are the reader's types of the same place. */
  #inside(writer: AvroType, wanted: readonly Wanted[], depth: number): Step {
    if (writer.kind === 'record') return this.#record(writer, wanted, depth)
    if (writer.kind === 'union' && soleBranch(writer)?.kind === 'record') {
      const steps = writer.branches.map(
        (branch): Step => (branch.kind === 'null' ? () => {} : this.#inside(branch, wanted, depth)),
      )
      return (row) => (steps[this.#input.index(steps.length, 'branch')] as Step)(row)
    }
    if (depth > 0) throw new Incompatible('expected a record')
    const [only, ...more] = wanted
    if (only === undefined) return this.#skip('', writer)
    if (more.length > 0) throw new Incompatible(`the schema is no record, and there are ${wanted.length} columns`)
    // A value that is no record is the one column that there is, whatever its name.
    return this.#value(writer, only)
  }

  #record(writer: AvroRecord, wanted: readonly Wanted[], depth: number): Step {
    const byField = new Map<number, Wanted[]>()
    const initial: { readonly index: number; readonly value: Value }[] = []
    for (const { column, expected: type } of wanted) {
      const reader = type?.kind === 'union' ? soleBranch(type) : type
      const { index, expected } = writersField(writer, reader, column.path[depth] as string)
      if (index >= 0) {
        byField.set(index, [...(byField.get(index) ?? []), { column, expected: expected?.type }])
      } else if (expected !== undefined && column.path.length === depth + 1) {
        initial.push({ index: column.index, value: missingValue(expected, column) })
      }
    }
    const steps = writer.fields.map((field, i) => this.#field(field, byField.get(i) ?? [], depth))
    return (row) => {
      for (const { index, value } of initial) row[index] = value
      for (let i = 0; i < steps.length; i++) (steps[i] as Step)(row)
    }
  }

  #field({ name, type }: AvroField, wanted: readonly Wanted[], depth: number): Step {
    const steps = wanted.filter(({ column }) => column.path.length === depth + 1).map((one) => this.#value(type, one))
    const inside = wanted.filter(({ column }) => column.path.length > depth + 1)
    if (inside.length > 0) steps.push(inField(name, () => this.#inside(type, inside, depth + 1)))
    const [only] = steps
    if (only === undefined) return this.#skip(name, type)
    if (steps.length === 1) return only
    return (row) => {
      const start = this.#input.position
      for (const step of steps) {
        this.#input.position = start
        step(row)
      }
    }
  }

  #value(writer: AvroType, { column, expected }: Wanted): Step {
    const { index, path, type } = column
    const place = path.join('.')
    const read = inField(place, () => valueReader(writer, expected, type, defaultValue))
    return (row) => {
      this.#place = place
      row[index] = read(this.#input)
    }
  }

  #skip(place: string, type: AvroType): Step {
    const skip = skipper(type)
    return () => {
      this.#place = place
      skip(this.#input)
    }
  }
}

/** Of a field that the reader's schema has and the writer's has not. */
function missingValue(expected: AvroField, { path, type }: WantedColumn): Value {
  const name = path.join('.')
  if (expected.fallback !== undefined) return inField(name, () => defaultValue(expected.type, expected.fallback, type))
  throw new Incompatible(`field "${name}" is missing, and the reader's schema has no default for it`)
}
