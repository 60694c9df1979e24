// Original file: proto/weir/internal/v1/peer.proto


/**
 * Which part of which view.
 */
export interface ReadTableRequestInput {
  /**
   * Identity of the deployment that the caller belongs to.
   */
  'deployment'?: (string);
  /**
   * Name of the query that the view is of.
   */
  'query'?: (string);
  /**
   * Id of its task.
   */
  'task'?: (string);
  /**
   * First key, encoded.
   */
  'from'?: (Buffer | Uint8Array | string);
  /**
   * Key to end before; without it up to the last.
   */
  'to'?: (Buffer | Uint8Array | string);
  '_to'?: "to";
}

/**
 * Which part of which view.
 */
export interface ReadTableRequest {
  /**
   * Identity of the deployment that the caller belongs to.
   */
  'deployment': (string);
  /**
   * Name of the query that the view is of.
   */
  'query': (string);
  /**
   * Id of its task.
   */
  'task': (string);
  /**
   * First key, encoded.
   */
  'from': (Buffer);
  /**
   * Key to end before; without it up to the last.
   */
  'to'?: (Buffer);
  '_to'?: "to";
}
