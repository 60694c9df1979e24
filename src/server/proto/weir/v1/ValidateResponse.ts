// Original file: proto/weir/v1/query.proto

import type { DiagnosticInput as _weir_v1_DiagnosticInput, Diagnostic as _weir_v1_Diagnostic } from '../../weir/v1/Diagnostic.ts';

/**
 * What is wrong with it.
 */
export interface ValidateResponseInput {
  /**
   * In order of place; empty when all is well.
   */
  'diagnostics'?: (_weir_v1_DiagnosticInput)[];
}

/**
 * What is wrong with it.
 */
export interface ValidateResponse {
  /**
   * In order of place; empty when all is well.
   */
  'diagnostics': (_weir_v1_Diagnostic)[];
}
