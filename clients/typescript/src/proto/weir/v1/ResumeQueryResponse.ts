// Original file: proto/weir/v1/query.proto


/**
 * Done.
 */
export interface ResumeQueryResponseInput {
}

/**
 * Done.
 */
export interface ResumeQueryResponse {
}
