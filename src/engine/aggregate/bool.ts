import { BIGINT } from '../../core/type.ts'
import type { Aggregate } from './aggregate.ts'

/** BOOL_AND and BOOL_OR count both truth values, so that a retraction is a subtraction. */
export interface BoolState {
  trues: number
  falses: number
}

export function boolAnd(): Aggregate<BoolState> {
  return bool((state) => state.falses === 0)
}

export function boolOr(): Aggregate<BoolState> {
  return bool((state) => state.trues > 0)
}

function bool(result: (state: BoolState) => boolean): Aggregate<BoolState> {
  const step = (state: BoolState, value: boolean, by: 1 | -1): void => {
    if (value) state.trues += by
    else state.falses += by
  }
  return {
    ignoresNulls: true,
    stateTypes: [BIGINT, BIGINT],
    create: () => ({ trues: 0, falses: 0 }),
    add: (state, value) => step(state, value as boolean, 1),
    retract: (state, value) => step(state, value as boolean, -1),
    merge: (into, from) => {
      into.trues += from.trues
      into.falses += from.falses
    },
    finish: (state) => (state.trues + state.falses === 0 ? null : result(state)),
    toState: (state) => [state.trues, state.falses],
    fromState: ([trues, falses]) => ({ trues: trues as number, falses: falses as number }),
  }
}
