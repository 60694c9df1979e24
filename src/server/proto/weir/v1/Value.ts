// Original file: proto/weir/v1/types.proto

import type { NullValueInput as _google_protobuf_NullValueInput, NullValue as _google_protobuf_NullValue } from '../../google/protobuf/NullValue.ts';
import type { ListValueInput as _weir_v1_ListValueInput, ListValue as _weir_v1_ListValue } from '../../weir/v1/ListValue.ts';
import type { MapValueInput as _weir_v1_MapValueInput, MapValue as _weir_v1_MapValue } from '../../weir/v1/MapValue.ts';
import type { StructValueInput as _weir_v1_StructValueInput, StructValue as _weir_v1_StructValue } from '../../weir/v1/StructValue.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One SQL value. The member that is set follows from the column's type (see Type.Kind); NULL sets `null_value`.
 */
export interface ValueInput {
  /**
   * SQL NULL, of any type.
   */
  'nullValue'?: (_google_protobuf_NullValueInput);
  /**
   * BOOLEAN.
   */
  'boolValue'?: (boolean);
  /**
   * INT and BIGINT.
   */
  'int64Value'?: (number | string | Long);
  /**
   * DOUBLE. NaN and both infinities are values.
   */
  'doubleValue'?: (number | string);
  /**
   * DECIMAL(p, s): plain digits with exactly s of them after the point, such as "-12.50". No exponent.
   */
  'decimalValue'?: (string);
  /**
   * STRING.
   */
  'stringValue'?: (string);
  /**
   * BYTES.
   */
  'bytesValue'?: (Buffer | Uint8Array | string);
  /**
   * TIMESTAMP: microseconds since 1970-01-01T00:00:00Z.
   */
  'timestampMicros'?: (number | string | Long);
  /**
   * DATE: days since 1970-01-01.
   */
  'dateDays'?: (number);
  /**
   * TIME: microseconds since midnight.
   */
  'timeMicros'?: (number | string | Long);
  /**
   * INTERVAL: milliseconds.
   */
  'intervalMillis'?: (number | string | Long);
  /**
   * JSON: the text. JSON null is the text "null", which is not SQL NULL.
   */
  'jsonValue'?: (string);
  /**
   * ARRAY.
   */
  'listValue'?: (_weir_v1_ListValueInput | null);
  /**
   * MAP.
   */
  'mapValue'?: (_weir_v1_MapValueInput | null);
  /**
   * STRUCT.
   */
  'structValue'?: (_weir_v1_StructValueInput | null);
  'kind'?: "nullValue"|"boolValue"|"int64Value"|"doubleValue"|"decimalValue"|"stringValue"|"bytesValue"|"timestampMicros"|"dateDays"|"timeMicros"|"intervalMillis"|"jsonValue"|"listValue"|"mapValue"|"structValue";
}

/**
 * One SQL value. The member that is set follows from the column's type (see Type.Kind); NULL sets `null_value`.
 */
export interface Value {
  /**
   * SQL NULL, of any type.
   */
  'nullValue'?: (_google_protobuf_NullValue);
  /**
   * BOOLEAN.
   */
  'boolValue'?: (boolean);
  /**
   * INT and BIGINT.
   */
  'int64Value'?: (string);
  /**
   * DOUBLE. NaN and both infinities are values.
   */
  'doubleValue'?: (number);
  /**
   * DECIMAL(p, s): plain digits with exactly s of them after the point, such as "-12.50". No exponent.
   */
  'decimalValue'?: (string);
  /**
   * STRING.
   */
  'stringValue'?: (string);
  /**
   * BYTES.
   */
  'bytesValue'?: (Buffer);
  /**
   * TIMESTAMP: microseconds since 1970-01-01T00:00:00Z.
   */
  'timestampMicros'?: (string);
  /**
   * DATE: days since 1970-01-01.
   */
  'dateDays'?: (number);
  /**
   * TIME: microseconds since midnight.
   */
  'timeMicros'?: (string);
  /**
   * INTERVAL: milliseconds.
   */
  'intervalMillis'?: (string);
  /**
   * JSON: the text. JSON null is the text "null", which is not SQL NULL.
   */
  'jsonValue'?: (string);
  /**
   * ARRAY.
   */
  'listValue'?: (_weir_v1_ListValue | null);
  /**
   * MAP.
   */
  'mapValue'?: (_weir_v1_MapValue | null);
  /**
   * STRUCT.
   */
  'structValue'?: (_weir_v1_StructValue | null);
  'kind'?: "nullValue"|"boolValue"|"int64Value"|"doubleValue"|"decimalValue"|"stringValue"|"bytesValue"|"timestampMicros"|"dateDays"|"timeMicros"|"intervalMillis"|"jsonValue"|"listValue"|"mapValue"|"structValue";
}
