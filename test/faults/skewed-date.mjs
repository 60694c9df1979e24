// Loaded before a program: its wall clock is that of the machine and as many milliseconds as a file says. Threads
// inherit it. The monotonic clock and timers are those of the machine, as on one whose time is set.

import { readFileSync } from 'node:fs'

const LOOK_MS = 100
const file = process.env['SKEW_FILE'] ?? ''
const RealDate = Date
let skewMs = 0

function look() {
  const text = readFileSync(file, 'utf8')
  // It may be in the middle of being written.
  if (text !== '') skewMs = Number(text)
}

look()
setInterval(look, LOOK_MS).unref()

globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + skewMs] : args))
  }

  static now() {
    return RealDate.now() + skewMs
  }
}
