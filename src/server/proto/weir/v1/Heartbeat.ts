// Original file: proto/weir/v1/types.proto


/**
 * Nothing has happened for a while; the stream is alive.
 */
export interface HeartbeatInput {
}

/**
 * Nothing has happened for a while; the stream is alive.
 */
export interface Heartbeat {
}
