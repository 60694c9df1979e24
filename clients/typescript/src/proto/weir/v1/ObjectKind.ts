// Original file: proto/weir/v1/catalog.proto

/**
 * Kinds of objects.
 */
export const ObjectKind = {
  /**
   * Not set; in a request: all kinds but functions and topics.
   */
  OBJECT_KIND_UNSPECIFIED: 'OBJECT_KIND_UNSPECIFIED',
  /**
   * CREATE STREAM.
   */
  OBJECT_KIND_STREAM: 'OBJECT_KIND_STREAM',
  /**
   * CREATE TABLE.
   */
  OBJECT_KIND_TABLE: 'OBJECT_KIND_TABLE',
  /**
   * CREATE VIEW.
   */
  OBJECT_KIND_VIEW: 'OBJECT_KIND_VIEW',
  /**
   * CREATE MATERIALIZED VIEW.
   */
  OBJECT_KIND_MATERIALIZED_VIEW: 'OBJECT_KIND_MATERIALIZED_VIEW',
  /**
   * CREATE SINK.
   */
  OBJECT_KIND_SINK: 'OBJECT_KIND_SINK',
  /**
   * A continuous query.
   */
  OBJECT_KIND_QUERY: 'OBJECT_KIND_QUERY',
  /**
   * A function of SQL.
   */
  OBJECT_KIND_FUNCTION: 'OBJECT_KIND_FUNCTION',
  /**
   * A topic of the log.
   */
  OBJECT_KIND_TOPIC: 'OBJECT_KIND_TOPIC',
} as const;

/**
 * Kinds of objects.
 */
export type ObjectKindInput =
  /**
   * Not set; in a request: all kinds but functions and topics.
   */
  | 'OBJECT_KIND_UNSPECIFIED'
  | 0
  /**
   * CREATE STREAM.
   */
  | 'OBJECT_KIND_STREAM'
  | 1
  /**
   * CREATE TABLE.
   */
  | 'OBJECT_KIND_TABLE'
  | 2
  /**
   * CREATE VIEW.
   */
  | 'OBJECT_KIND_VIEW'
  | 3
  /**
   * CREATE MATERIALIZED VIEW.
   */
  | 'OBJECT_KIND_MATERIALIZED_VIEW'
  | 4
  /**
   * CREATE SINK.
   */
  | 'OBJECT_KIND_SINK'
  | 5
  /**
   * A continuous query.
   */
  | 'OBJECT_KIND_QUERY'
  | 6
  /**
   * A function of SQL.
   */
  | 'OBJECT_KIND_FUNCTION'
  | 7
  /**
   * A topic of the log.
   */
  | 'OBJECT_KIND_TOPIC'
  | 8

/**
 * Kinds of objects.
 */
export type ObjectKind = typeof ObjectKind[keyof typeof ObjectKind]
