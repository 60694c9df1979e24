// Original file: proto/weir/internal/v1/peer.proto


/**
 * One row of a table.
 */
export interface TableEntryInput {
  /**
   * Its key, encoded.
   */
  'key'?: (Buffer | Uint8Array | string);
  /**
   * The row, encoded.
   */
  'value'?: (Buffer | Uint8Array | string);
}

/**
 * One row of a table.
 */
export interface TableEntry {
  /**
   * Its key, encoded.
   */
  'key': (Buffer);
  /**
   * The row, encoded.
   */
  'value': (Buffer);
}
