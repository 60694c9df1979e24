// Limits that several layers must agree on.

/** Partitions of a topic at most: each is an entry in memory, a watermark, and work in each commit that touches it. */
export const PARTITIONS_MAX = 1024
