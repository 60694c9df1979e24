// Original file: proto/weir/v1/types.proto

import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from '../../weir/v1/Schema.ts';

/**
 * Sent once, first.
 */
export interface ResultHeaderInput {
  /**
   * Of all rows that follow.
   */
  'schema'?: (_weir_v1_SchemaInput | null);
  /**
   * True when the stream does not end by itself.
   */
  'continuous'?: (boolean);
}

/**
 * Sent once, first.
 */
export interface ResultHeader {
  /**
   * Of all rows that follow.
   */
  'schema': (_weir_v1_Schema | null);
  /**
   * True when the stream does not end by itself.
   */
  'continuous': (boolean);
}
