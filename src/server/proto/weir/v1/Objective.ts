// Original file: proto/weir/v1/query.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What is promised of one query by one indicator.
 */
export interface ObjectiveInput {
  /**
   * Name of the query.
   */
  'query'?: (string);
  /**
   * Name of the indicator, as metrics call it.
   */
  'indicator'?: (string);
  /**
   * Milliseconds where its name ends so, else a share.
   */
  'threshold'?: (number | string);
  /**
   * Now; absent where no row has come.
   */
  'value'?: (number | string);
  /**
   * Share of the time in which it has to hold.
   */
  'target'?: (number | string);
  /**
   * Share of the time in which it held; absent where nothing is known.
   */
  'attainment'?: (number | string);
  /**
   * What is left of the time in which it may fail, as a share; below 0 where more has failed.
   */
  'errorBudget'?: (number | string);
  /**
   * Minutes of the last thirty days that something is known of.
   */
  'minutes'?: (number | string | Long);
  '_value'?: "value";
  '_attainment'?: "attainment";
  '_errorBudget'?: "errorBudget";
}

/**
 * What is promised of one query by one indicator.
 */
export interface Objective {
  /**
   * Name of the query.
   */
  'query': (string);
  /**
   * Name of the indicator, as metrics call it.
   */
  'indicator': (string);
  /**
   * Milliseconds where its name ends so, else a share.
   */
  'threshold': (number);
  /**
   * Now; absent where no row has come.
   */
  'value'?: (number);
  /**
   * Share of the time in which it has to hold.
   */
  'target': (number);
  /**
   * Share of the time in which it held; absent where nothing is known.
   */
  'attainment'?: (number);
  /**
   * What is left of the time in which it may fail, as a share; below 0 where more has failed.
   */
  'errorBudget'?: (number);
  /**
   * Minutes of the last thirty days that something is known of.
   */
  'minutes': (string);
  '_value'?: "value";
  '_attainment'?: "attainment";
  '_errorBudget'?: "errorBudget";
}
