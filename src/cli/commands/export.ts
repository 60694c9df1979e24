// `weir export flink`: a query of a server as a script for another system.

import { type ConnectionOptions, connectOptions } from '../connection.ts'
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { RemoteSession } from '../remote-session.ts'
import { reportError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'

export interface ExportOptions extends ConnectionOptions {
  /** Of the cluster that Flink reads and writes. */
  readonly brokers?: string | undefined
  /** In place of the topic that Weir writes. */
  readonly sinkTopic?: string | undefined
  readonly bounded?: boolean | undefined
}

export async function exportFlinkCommand(
  query: string,
  options: ExportOptions,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  const sql = explainText(query, options)
  try {
    const session = await RemoteSession.connect(options.server, await connectOptions(options, env))
    try {
      for await (const result of session.execute(sql)) {
        if (result.kind === 'text') terminal.out.write(result.text)
      }
    } finally {
      await session.close()
    }
    return EXIT_CODES.ok
  } catch (error) {
    return reportError(error, terminal.err, { sql, colour: terminal.colour.err })
  }
}

function explainText(query: string, { brokers, sinkTopic, bounded }: ExportOptions): string {
  const options = [
    ...(brokers === undefined ? [] : [`'properties.bootstrap.servers' = ${quoted(brokers, "'")}`]),
    ...(sinkTopic === undefined ? [] : [`'sink.topic' = ${quoted(sinkTopic, "'")}`]),
    ...(bounded === true ? ["'scan.bounded.mode' = 'latest-offset'"] : []),
  ]
  const list = options.length === 0 ? '' : `(${options.join(', ')}) `
  return `EXPLAIN FLINK ${list}QUERY ${quoted(query, '"')}`
}

/** What the shell gave is a name or a value, and never SQL. */
function quoted(text: string, by: '"' | "'"): string {
  return `${by}${text.replaceAll(by, `${by}${by}`)}${by}`
}
