import { EvaluationError } from '../../../core/evaluation-error.ts'
import type { Value } from '../../../core/value.ts'
import { fieldIndex } from '../convert-value.ts'
import type { RecordReader, WantedColumn } from '../record-reader.ts'
import { Incompatible, shownName } from '../schema-faults.ts'
import type { Framing } from '../schema-language.ts'
import { malformed, protoInput, readerFault } from './proto-input.ts'
import type { ProtoEntry, ProtoFile, ProtoMessage } from './proto-schema.ts'
import { MessageReader } from './proto-value.ts'

/**
 * Columns straight from the bytes of Protobuf messages. In Confluent's wire format a list of indexes before the message
 * says which of the schema's messages it is.
 *
 * With a schema of its own the reader goes by its numbers of fields, as Protobuf means it: a field may have got another
 * name, and one that the writer did not know has its default. Without one it goes by the names of the writer's schema.
 */
export class ProtoRecordReader implements RecordReader {
  readonly #input = protoInput()
  readonly #writer: ProtoFile
  readonly #columns: readonly WantedColumn[]
  readonly #framing: Framing
  /** The message that all records have to be; undefined takes whatever there is. */
  readonly #wanted: ProtoMessage | undefined
  /** By the name of the message, how it is read or why it is not. */
  readonly #readers = new Map<string, MessageReader | string>()

  constructor(writer: ProtoFile, expected: ProtoFile | undefined, columns: readonly WantedColumn[], framing: Framing) {
    this.#writer = writer
    this.#columns = columns
    this.#framing = framing
    const isSettled = expected !== undefined || framing.message !== undefined || !framing.framed
    this.#wanted = isSettled ? messageOf(expected ?? writer, framing.message) : undefined
    // What does not fit is a fault of the schema, not of each record.
    const first = this.#wanted ?? messageOf(writer, undefined)
    this.#readers.set(first.name, this.#reader(first))
  }

  read(data: Buffer, start: number, end: number, row: Value[]): void {
    const input = this.#input
    input.buf = data
    input.pos = start
    input.len = end
    let reader: MessageReader | undefined
    try {
      const message = this.#framing.framed ? this.#messageByIndex() : this.#wanted
      reader = this.#readerOf(message as ProtoMessage)
      reader.place = ''
      reader.read(input, end, row)
      reader.finish(row)
    } catch (error) {
      const fault = readerFault(error)
      const place = reader?.place ?? ''
      if (!(fault instanceof EvaluationError) || place === '') throw fault
      throw new EvaluationError(`field "${place}": ${fault.reason}`)
    }
  }

  /** A count and so many indexes, as zigzag varints: from the top of the file inwards. None is the first message. */
  #messageByIndex(): ProtoMessage {
    const input = this.#input
    const count = input.sint32()
    if (count < 0 || count > INDEX_DEPTH_MAX) throw malformed(`a list of ${count} indexes`)
    let entries = this.#writer.messages
    let entry: ProtoEntry | undefined = entries[0]
    for (let i = 0; i < count; i++) {
      entry = entries[input.sint32()]
      if (entry === undefined) throw malformed('its indexes lead to no message of the schema')
      entries = entry.inside
    }
    const { message } = entry as ProtoEntry
    if (this.#wanted === undefined || this.#wanted === message) return message
    if (this.#wanted.name === message.name) return this.#wanted
    throw new EvaluationError(
      `the record is a message "${shownName(message.name)}", not "${shownName(this.#wanted.name)}"`,
    )
  }

  #readerOf(message: ProtoMessage): MessageReader {
    let reader = this.#readers.get(message.name)
    if (reader === undefined) {
      try {
        reader = this.#reader(message)
      } catch (error) {
        if (!(error instanceof Incompatible)) throw error
        reader = error.message
      }
      this.#readers.set(message.name, reader)
    }
    if (typeof reader === 'string') throw new EvaluationError(reader)
    return reader
  }

  #reader(message: ProtoMessage): MessageReader {
    return new MessageReader(
      this.#columns.flatMap(({ index, path, type }) => {
        const field = message.fields[fieldIndex(message.fields, path[0] as string)]
        return field === undefined ? [] : [[field, { index, type }] as const]
      }),
    )
  }
}

/** Messages inside messages; real ones have two or three levels. */
const INDEX_DEPTH_MAX = 64

/** A message by its full name or the last part of it; the first of the file without a name. */
export function messageOf(file: ProtoFile, name: string | undefined): ProtoMessage {
  return entryOf(file, name).message
}

/** Together with the indexes that lead to it. */
export function entryOf(
  file: ProtoFile,
  name: string | undefined,
): { readonly message: ProtoMessage; readonly indexes: readonly number[] } {
  const all = [...walk(file.messages, [])]
  const found =
    name === undefined
      ? all[0]
      : (all.find(({ message }) => message.name === name) ??
        all.find(({ message }) => message.name.toLowerCase().endsWith(`.${name.toLowerCase()}`)) ??
        all.find(({ message }) => message.name.toLowerCase() === name.toLowerCase()))
  if (found !== undefined) return found
  throw new Incompatible(`it has no message "${shownName(name ?? '')}"`)
}

function* walk(
  entries: readonly ProtoEntry[],
  before: readonly number[],
): Generator<{ readonly message: ProtoMessage; readonly indexes: readonly number[] }> {
  for (const [index, { message, inside }] of entries.entries()) {
    const indexes = [...before, index]
    yield { message, indexes }
    yield* walk(inside, indexes)
  }
}
