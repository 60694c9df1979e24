// Original file: proto/weir/v1/catalog.proto

import type { ObjectSummaryInput as _weir_v1_ObjectSummaryInput, ObjectSummary as _weir_v1_ObjectSummary } from '../../weir/v1/ObjectSummary.ts';
import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from '../../weir/v1/Schema.ts';

/**
 * All about one object.
 */
export interface DescribeObjectResponseInput {
  /**
   * Kind, name, one line.
   */
  'summary'?: (_weir_v1_ObjectSummaryInput | null);
  /**
   * The statement that made it.
   */
  'sql'?: (string);
  /**
   * Of its rows; absent when it has none.
   */
  'schema'?: (_weir_v1_SchemaInput | null);
  /**
   * Its properties.
   */
  'properties'?: ({[key: string]: string});
}

/**
 * All about one object.
 */
export interface DescribeObjectResponse {
  /**
   * Kind, name, one line.
   */
  'summary': (_weir_v1_ObjectSummary | null);
  /**
   * The statement that made it.
   */
  'sql': (string);
  /**
   * Of its rows; absent when it has none.
   */
  'schema': (_weir_v1_Schema | null);
  /**
   * Its properties.
   */
  'properties': ({[key: string]: string});
}
