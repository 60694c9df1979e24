// Original file: proto/weir/v1/query.proto


/**
 * Done.
 */
export interface PauseQueryResponseInput {
}

/**
 * Done.
 */
export interface PauseQueryResponse {
}
