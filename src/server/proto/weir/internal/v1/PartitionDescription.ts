// Original file: proto/weir/internal/v1/peer.proto


/**
 * One partition of a source.
 */
export interface PartitionDescriptionInput {
  /**
   * Id of the step that reads it.
   */
  'scan'?: (string);
  /**
   * Name of the stream, table or topic.
   */
  'source'?: (string);
  /**
   * Its number.
   */
  'partition'?: (number);
  /**
   * Records that were not read yet; absent where nobody knows.
   */
  'lagRecords'?: (number | string);
  /**
   * How far its rows have come in event time, in milliseconds; infinite before the first.
   */
  'eventTimeMs'?: (number | string);
  /**
   * The watermark waits for it.
   */
  'holdsBack'?: (boolean);
  '_lagRecords'?: "lagRecords";
}

/**
 * One partition of a source.
 */
export interface PartitionDescription {
  /**
   * Id of the step that reads it.
   */
  'scan': (string);
  /**
   * Name of the stream, table or topic.
   */
  'source': (string);
  /**
   * Its number.
   */
  'partition': (number);
  /**
   * Records that were not read yet; absent where nobody knows.
   */
  'lagRecords'?: (number);
  /**
   * How far its rows have come in event time, in milliseconds; infinite before the first.
   */
  'eventTimeMs': (number);
  /**
   * The watermark waits for it.
   */
  'holdsBack': (boolean);
  '_lagRecords'?: "lagRecords";
}
