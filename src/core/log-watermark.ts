import type { EventTimeMs } from './time.ts'

/**
 * Watermarks between the rows of a log, in the `rows` encoding: whoever reads the log learns what is complete. A row
 * begins with its change kind, 0 to 3, so the first byte tells them apart.
 *
 * - result log: tag, event time (float64). The partition has one writer.
 * - exchange: tag, event time (float64), writer (uint32), 1 where the writer is idle. Each partition has all tasks of
 *   the stage before as its writers.
 */
const TAG = 0xf0
const CHANNEL_TAG = 0xf1
const BYTES = 9
const CHANNEL_BYTES = 14

export interface LogWatermark {
  readonly watermark: EventTimeMs
  /** Number of the task that wrote it; undefined in a result log. */
  readonly channel: number | undefined
  readonly idle: boolean
}

export function encodeLogWatermark({ watermark, channel, idle }: LogWatermark): Uint8Array {
  const bytes = new Uint8Array(channel === undefined ? BYTES : CHANNEL_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = channel === undefined ? TAG : CHANNEL_TAG
  view.setFloat64(1, watermark)
  if (channel !== undefined) {
    view.setUint32(BYTES, channel)
    bytes[CHANNEL_BYTES - 1] = idle ? 1 : 0
  }
  return bytes
}

/** Undefined where the record at `start`…`end` is something else. */
export function decodeLogWatermark(data: Uint8Array, start: number, end: number): LogWatermark | undefined {
  const tag = data[start]
  if (tag !== TAG && tag !== CHANNEL_TAG) return undefined
  const view = new DataView(data.buffer, data.byteOffset + start, end - start)
  if (tag === TAG && end - start === BYTES) return { watermark: view.getFloat64(1), channel: undefined, idle: false }
  if (tag !== CHANNEL_TAG || end - start !== CHANNEL_BYTES) return undefined
  return {
    watermark: view.getFloat64(1),
    channel: view.getUint32(BYTES),
    idle: data[end - 1] === 1,
  }
}
