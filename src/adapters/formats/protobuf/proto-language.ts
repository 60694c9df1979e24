import { Incompatible } from '../schema-faults.ts'
import type { SchemaLanguage } from '../schema-language.ts'
import { messageOf, ProtoRecordReader } from './proto-record.ts'
import { parseProto } from './proto-schema.ts'
import { columnsOf } from './proto-types.ts'
import { protoSchemaOf, protoWriter } from './proto-writer.ts'

/** Protobuf, as formats use it. */
export const PROTOBUF: SchemaLanguage = {
  type: 'PROTOBUF',
  reader: (writer, expected, columns, framing) =>
    new ProtoRecordReader(
      parseProto(writer),
      expected === undefined ? undefined : parseProto(expected),
      columns,
      framing,
    ),
  columns: (schema, { message: name }) => {
    const message = messageOf(parseProto(schema), name)
    if (message.fields.length === 0) throw new Incompatible(`message "${message.name}" has no fields`)
    return columnsOf(message)
  },
  schemaOf: (schema, name) => ({ type: 'PROTOBUF', text: protoSchemaOf(schema, name), references: [] }),
  writer: (schema, rows, framing) => protoWriter(parseProto(schema), rows, framing),
}
