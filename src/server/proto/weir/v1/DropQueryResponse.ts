// Original file: proto/weir/v1/query.proto


/**
 * Done.
 */
export interface DropQueryResponseInput {
}

/**
 * Done.
 */
export interface DropQueryResponse {
}
