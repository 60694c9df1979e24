// Original file: proto/weir/v1/types.proto

import type { SpanInput as _weir_v1_SpanInput, Span as _weir_v1_Span } from '../../weir/v1/Span.ts';

// Original file: proto/weir/v1/types.proto

/**
 * How bad it is.
 */
export const _weir_v1_Diagnostic_Severity = {
  /**
   * Not set.
   */
  SEVERITY_UNSPECIFIED: 'SEVERITY_UNSPECIFIED',
  /**
   * The statement can't run.
   */
  SEVERITY_ERROR: 'SEVERITY_ERROR',
  /**
   * The statement runs, perhaps not as meant.
   */
  SEVERITY_WARNING: 'SEVERITY_WARNING',
  /**
   * Good to know.
   */
  SEVERITY_NOTE: 'SEVERITY_NOTE',
} as const;

/**
 * How bad it is.
 */
export type _weir_v1_Diagnostic_SeverityInput =
  /**
   * Not set.
   */
  | 'SEVERITY_UNSPECIFIED'
  | 0
  /**
   * The statement can't run.
   */
  | 'SEVERITY_ERROR'
  | 1
  /**
   * The statement runs, perhaps not as meant.
   */
  | 'SEVERITY_WARNING'
  | 2
  /**
   * Good to know.
   */
  | 'SEVERITY_NOTE'
  | 3

/**
 * How bad it is.
 */
export type _weir_v1_Diagnostic_Severity = typeof _weir_v1_Diagnostic_Severity[keyof typeof _weir_v1_Diagnostic_Severity]

/**
 * What is wrong with a text, where, and what to do about it.
 */
export interface DiagnosticInput {
  /**
   * Stable and upper case, such as `UNKNOWN_COLUMN`. Branch on this, not on the message.
   */
  'code'?: (string);
  /**
   * How bad it is.
   */
  'severity'?: (_weir_v1_Diagnostic_SeverityInput);
  /**
   * For people; may change between versions.
   */
  'message'?: (string);
  /**
   * More about it; may be empty.
   */
  'detail'?: (string);
  /**
   * What to do about it; may be empty.
   */
  'hint'?: (string);
  /**
   * Where it is.
   */
  'span'?: (_weir_v1_SpanInput | null);
}

/**
 * What is wrong with a text, where, and what to do about it.
 */
export interface Diagnostic {
  /**
   * Stable and upper case, such as `UNKNOWN_COLUMN`. Branch on this, not on the message.
   */
  'code': (string);
  /**
   * How bad it is.
   */
  'severity': (_weir_v1_Diagnostic_Severity);
  /**
   * For people; may change between versions.
   */
  'message': (string);
  /**
   * More about it; may be empty.
   */
  'detail': (string);
  /**
   * What to do about it; may be empty.
   */
  'hint': (string);
  /**
   * Where it is.
   */
  'span': (_weir_v1_Span | null);
}
