// Original file: proto/weir/v1/subscription.proto

import type { ResultHeaderInput as _weir_v1_ResultHeaderInput, ResultHeader as _weir_v1_ResultHeader } from '../../weir/v1/ResultHeader.ts';
import type { RowBatchInput as _weir_v1_RowBatchInput, RowBatch as _weir_v1_RowBatch } from '../../weir/v1/RowBatch.ts';
import type { WatermarkInput as _weir_v1_WatermarkInput, Watermark as _weir_v1_Watermark } from '../../weir/v1/Watermark.ts';
import type { HeartbeatInput as _weir_v1_HeartbeatInput, Heartbeat as _weir_v1_Heartbeat } from '../../weir/v1/Heartbeat.ts';
import type { ResultEndInput as _weir_v1_ResultEndInput, ResultEnd as _weir_v1_ResultEnd } from '../../weir/v1/ResultEnd.ts';

/**
 * One event of the result: first the header.
 */
export interface SubscribeResponseInput {
  /**
   * First, once.
   */
  'header'?: (_weir_v1_ResultHeaderInput | null);
  /**
   * Rows.
   */
  'batch'?: (_weir_v1_RowBatchInput | null);
  /**
   * Event time has moved.
   */
  'watermark'?: (_weir_v1_WatermarkInput | null);
  /**
   * Nothing has happened for a while.
   */
  'heartbeat'?: (_weir_v1_HeartbeatInput | null);
  /**
   * Last, when what was followed is complete.
   */
  'end'?: (_weir_v1_ResultEndInput | null);
  'event'?: "header"|"batch"|"watermark"|"heartbeat"|"end";
}

/**
 * One event of the result: first the header.
 */
export interface SubscribeResponse {
  /**
   * First, once.
   */
  'header'?: (_weir_v1_ResultHeader | null);
  /**
   * Rows.
   */
  'batch'?: (_weir_v1_RowBatch | null);
  /**
   * Event time has moved.
   */
  'watermark'?: (_weir_v1_Watermark | null);
  /**
   * Nothing has happened for a while.
   */
  'heartbeat'?: (_weir_v1_Heartbeat | null);
  /**
   * Last, when what was followed is complete.
   */
  'end'?: (_weir_v1_ResultEnd | null);
  'event'?: "header"|"batch"|"watermark"|"heartbeat"|"end";
}
