// The state of a query, as a coloured word.

import { QueryState } from '../proto/weir/v1/query_pb.ts'

const STATES: Readonly<Record<QueryState, string>> = {
  [QueryState.UNSPECIFIED]: 'unknown',
  [QueryState.RUNNING]: 'running',
  [QueryState.PAUSED]: 'paused',
  [QueryState.FAILED]: 'failed',
  [QueryState.FINISHED]: 'finished',
}

export function StateBadge({ state }: { state: QueryState }) {
  return <span class={`badge ${STATES[state]}`}>{STATES[state]}</span>
}
