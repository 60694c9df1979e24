// Original file: proto/weir/v1/types.proto


/**
 * A place in a text. Offsets count UTF-16 code units.
 */
export interface SpanInput {
  /**
   * Offset of the first unit.
   */
  'start'?: (number);
  /**
   * Offset after the last unit.
   */
  'end'?: (number);
  /**
   * Line of the start, from 1.
   */
  'line'?: (number);
  /**
   * Column of the start, from 1.
   */
  'column'?: (number);
}

/**
 * A place in a text. Offsets count UTF-16 code units.
 */
export interface Span {
  /**
   * Offset of the first unit.
   */
  'start': (number);
  /**
   * Offset after the last unit.
   */
  'end': (number);
  /**
   * Line of the start, from 1.
   */
  'line': (number);
  /**
   * Column of the start, from 1.
   */
  'column': (number);
}
