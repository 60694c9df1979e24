/** How batches of records may be compressed in a log that does so: Kafka's four, or none. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type Compression = (typeof COMPRESSIONS)[number]

/** The option of a sink, which the planner has checked. */
export function compressionOf(option: string | undefined): Compression | undefined {
  return COMPRESSIONS.find((one) => one === option)
}
