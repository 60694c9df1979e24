// Original file: proto/weir/v1/types.proto

import type { TypeInput as _weir_v1_TypeInput, Type as _weir_v1_Type } from '../../weir/v1/Type.ts';
import type { ColumnInput as _weir_v1_ColumnInput, Column as _weir_v1_Column } from '../../weir/v1/Column.ts';

// Original file: proto/weir/v1/types.proto

/**
 * Which type it is. The comments name the member of Value that carries it.
 */
export const _weir_v1_Type_Kind = {
  /**
   * Not set: sent by a newer server.
   */
  KIND_UNSPECIFIED: 'KIND_UNSPECIFIED',
  /**
   * bool_value.
   */
  KIND_BOOLEAN: 'KIND_BOOLEAN',
  /**
   * 32 bits, int64_value.
   */
  KIND_INT: 'KIND_INT',
  /**
   * 64 bits, int64_value.
   */
  KIND_BIGINT: 'KIND_BIGINT',
  /**
   * double_value.
   */
  KIND_DOUBLE: 'KIND_DOUBLE',
  /**
   * decimal_value.
   */
  KIND_DECIMAL: 'KIND_DECIMAL',
  /**
   * string_value.
   */
  KIND_STRING: 'KIND_STRING',
  /**
   * bytes_value.
   */
  KIND_BYTES: 'KIND_BYTES',
  /**
   * date_days.
   */
  KIND_DATE: 'KIND_DATE',
  /**
   * time_micros.
   */
  KIND_TIME: 'KIND_TIME',
  /**
   * timestamp_micros.
   */
  KIND_TIMESTAMP: 'KIND_TIMESTAMP',
  /**
   * interval_millis.
   */
  KIND_INTERVAL: 'KIND_INTERVAL',
  /**
   * json_value.
   */
  KIND_JSON: 'KIND_JSON',
  /**
   * list_value.
   */
  KIND_ARRAY: 'KIND_ARRAY',
  /**
   * map_value.
   */
  KIND_MAP: 'KIND_MAP',
  /**
   * struct_value.
   */
  KIND_STRUCT: 'KIND_STRUCT',
  /**
   * The type of a bare NULL.
   */
  KIND_NULL: 'KIND_NULL',
} as const;

/**
 * Which type it is. The comments name the member of Value that carries it.
 */
export type _weir_v1_Type_KindInput =
  /**
   * Not set: sent by a newer server.
   */
  | 'KIND_UNSPECIFIED'
  | 0
  /**
   * bool_value.
   */
  | 'KIND_BOOLEAN'
  | 1
  /**
   * 32 bits, int64_value.
   */
  | 'KIND_INT'
  | 2
  /**
   * 64 bits, int64_value.
   */
  | 'KIND_BIGINT'
  | 3
  /**
   * double_value.
   */
  | 'KIND_DOUBLE'
  | 4
  /**
   * decimal_value.
   */
  | 'KIND_DECIMAL'
  | 5
  /**
   * string_value.
   */
  | 'KIND_STRING'
  | 6
  /**
   * bytes_value.
   */
  | 'KIND_BYTES'
  | 7
  /**
   * date_days.
   */
  | 'KIND_DATE'
  | 8
  /**
   * time_micros.
   */
  | 'KIND_TIME'
  | 9
  /**
   * timestamp_micros.
   */
  | 'KIND_TIMESTAMP'
  | 10
  /**
   * interval_millis.
   */
  | 'KIND_INTERVAL'
  | 11
  /**
   * json_value.
   */
  | 'KIND_JSON'
  | 12
  /**
   * list_value.
   */
  | 'KIND_ARRAY'
  | 13
  /**
   * map_value.
   */
  | 'KIND_MAP'
  | 14
  /**
   * struct_value.
   */
  | 'KIND_STRUCT'
  | 15
  /**
   * The type of a bare NULL.
   */
  | 'KIND_NULL'
  | 16

/**
 * Which type it is. The comments name the member of Value that carries it.
 */
export type _weir_v1_Type_Kind = typeof _weir_v1_Type_Kind[keyof typeof _weir_v1_Type_Kind]

/**
 * A SQL type.
 */
export interface TypeInput {
  /**
   * Which type it is.
   */
  'kind'?: (_weir_v1_Type_KindInput);
  /**
   * DECIMAL: digits in all, at most 38.
   */
  'precision'?: (number);
  /**
   * DECIMAL: digits after the point.
   */
  'scale'?: (number);
  /**
   * ARRAY: type of the elements. MAP: type of the values.
   */
  'element'?: (_weir_v1_TypeInput | null);
  /**
   * MAP: type of the keys.
   */
  'key'?: (_weir_v1_TypeInput | null);
  /**
   * STRUCT: the fields, in order.
   */
  'fields'?: (_weir_v1_ColumnInput)[];
  /**
   * The type as SQL writes it: `DECIMAL(12, 2)`, `ARRAY<STRING>`.
   */
  'sql'?: (string);
}

/**
 * A SQL type.
 */
export interface Type {
  /**
   * Which type it is.
   */
  'kind': (_weir_v1_Type_Kind);
  /**
   * DECIMAL: digits in all, at most 38.
   */
  'precision': (number);
  /**
   * DECIMAL: digits after the point.
   */
  'scale': (number);
  /**
   * ARRAY: type of the elements. MAP: type of the values.
   */
  'element': (_weir_v1_Type | null);
  /**
   * MAP: type of the keys.
   */
  'key': (_weir_v1_Type | null);
  /**
   * STRUCT: the fields, in order.
   */
  'fields': (_weir_v1_Column)[];
  /**
   * The type as SQL writes it: `DECIMAL(12, 2)`, `ARRAY<STRING>`.
   */
  'sql': (string);
}
