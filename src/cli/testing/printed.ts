// What a command prints where nobody sits at the terminal, for the specs of commands.

import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

export interface Printed {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

/** Neither a person nor colours, as behind a pipe. */
export async function printed(run: (terminal: Terminal) => Promise<ExitCode>): Promise<Printed> {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const terminal: Terminal = {
    in: new PassThrough(),
    out,
    err,
    interactive: false,
    showsProgress: false,
    colour: { out: false, err: false },
    size: () => undefined,
  }
  const code = await run(terminal)
  out.end()
  err.end()
  return { code, out: await text(out), err: await text(err) }
}
