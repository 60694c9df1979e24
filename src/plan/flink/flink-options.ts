// What EXPLAIN FLINK ( … ) may be told: what Flink has to know and the catalog does not.

import type { Property } from '../../../grammar/ast.ts'
import { didYouMean } from '../bind/did-you-mean.ts'
import { fail } from '../diagnostics.ts'
import { literalText, type OptionType, oneOf, own, text } from '../options.ts'

/** The version that the scripts are for, and tested with. */
export const FLINK_VERSION = '1.20'

export interface FlinkOptions {
  /** Undefined: what the stream says, else a broker of this machine. */
  readonly bootstrapServers: string | undefined
  readonly groupId: string
  /** Where rows go, in place of the topic that Weir writes: to run both side by side. */
  readonly sinkTopic: string | undefined
  /** Sources end where they are when the job begins. */
  readonly bounded: boolean
}

export const FLINK_OPTIONS: Readonly<Record<string, OptionType>> = {
  'properties.bootstrap.servers': text,
  'properties.group.id': text,
  'sink.topic': text,
  'scan.bounded.mode': oneOf('unbounded', 'latest-offset'),
}

export function flinkOptions(properties: readonly Property[], query: string): FlinkOptions {
  const values: Record<string, string> = {}
  for (const { key, keySpan, value } of properties) {
    const type = own(FLINK_OPTIONS, key)
    if (type === undefined) {
      fail(keySpan, 'UNKNOWN_OPTION', `EXPLAIN FLINK has no option "${key}"`, {
        hint: didYouMean(key, Object.keys(FLINK_OPTIONS)) ?? `It has: ${Object.keys(FLINK_OPTIONS).join(', ')}.`,
      })
    }
    const normal = type.normalize(literalText(value))
    if (normal === undefined) fail(value.span, 'INVALID_OPTION', `option "${key}" is ${type.expects}`)
    values[key] = normal
  }
  return {
    bootstrapServers: values['properties.bootstrap.servers'],
    groupId: values['properties.group.id'] ?? `flink-${query}`,
    sinkTopic: values['sink.topic'],
    bounded: values['scan.bounded.mode'] === 'latest-offset',
  }
}
