// Windows in EXPLAIN.

import type { WindowSpec } from './logical/nodes.ts'
import { printDuration } from './print-expression.ts'

export function windowText(window: WindowSpec): string {
  switch (window.kind) {
    case 'tumble':
      return `tumble ${printDuration(window.sizeMs)}${offsetText(window.offsetMs)}`
    case 'hop':
      return `hop ${printDuration(window.slideMs)} of ${printDuration(window.sizeMs)}${offsetText(window.offsetMs)}`
    case 'cumulate':
      return `cumulate ${printDuration(window.stepMs)} to ${printDuration(window.sizeMs)}${offsetText(window.offsetMs)}`
    case 'session': {
      const max = window.maxMs === undefined ? '' : `, at most ${printDuration(window.maxMs)}`
      return `session gap ${printDuration(window.gapMs)}${max}`
    }
  }
}

function offsetText(offsetMs: number): string {
  return offsetMs === 0 ? '' : ` offset ${printDuration(offsetMs)}`
}
