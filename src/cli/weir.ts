#!/usr/bin/env node
// The `weir` command: what it can do and with which options. Each command is loaded when it is called, so that
// `weir --help` does not wait for the engine or for gRPC.

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { VERSION } from '../core/version.ts'
import { addConnectionOptions, DEFAULT_ADDRESS } from './connection.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { OUTPUT_FORMATS } from './output/result-writer.ts'
import { isClosedPipe, reportError } from './report-error.ts'
import { type Terminal, terminalOf } from './terminal.ts'

interface GlobalOptions {
  readonly color: boolean
}

const program = new Command()
  .name('weir')
  .description('Streaming SQL over Kafka, served by gRPC')
  .version(VERSION, '-V, --version', 'print the version')
  .option('--no-color', 'plain text, as NO_COLOR=1 does')
  .showSuggestionAfterError()
  .showHelpAfterError('(weir --help lists the commands)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })

function terminal(): Terminal {
  return terminalOf(process, { color: program.opts<GlobalOptions>().color ? undefined : false })
}

const output = (formats: readonly string[], fallback?: string) => {
  const option = new Option('-o, --output <format>', 'how results are printed').choices(formats)
  return fallback === undefined ? option : option.default(fallback)
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

function positiveInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError('it must be a whole number above 0.')
  return value
}

program
  .command('run')
  .description('run a SQL script in this process, without a server, and print its last result')
  .argument('<file>', 'SQL script; - reads standard input')
  .addOption(output(OUTPUT_FORMATS))
  .option('-d, --data-dir <dir>', 'keep streams, views and state in this directory (default: in memory)')
  .option('-p, --param <value>', 'value of $1, of $2 when given again, …: JSON, or else text', collect, [])
  .action(async (file: string, options) => {
    const { runCommand } = await import('./commands/run.ts')
    process.exitCode = await runCommand(file, { ...options, params: options.param }, terminal())
  })

program
  .command('test')
  .description('run files of query tests in this process: a script, its input, the rows that have to come out')
  .argument('<path...>', 'files, or folders with files that end in .test.sql')
  .option('--json', 'one object a line for each file')
  .option('--update', 'write what came out into the files, as what is expected')
  .action(async (paths: string[], options) => {
    const { testCommand } = await import('./commands/test.ts')
    process.exitCode = await testCommand(paths, options, terminal())
  })

addConnectionOptions(program.command('sql'))
  .description('type SQL against a server')
  .option('-e, --execute <sql>', 'run these statements and leave')
  .option('-f, --file <file>', 'run the statements of a file and leave')
  .addOption(output(OUTPUT_FORMATS))
  .option('--local', 'use an engine in this process instead of a server')
  .option('-d, --data-dir <dir>', 'with --local: keep streams, views and state in this directory')
  .action(async (options) => {
    const { sqlCommand } = await import('./commands/sql.ts')
    process.exitCode = await sqlCommand(options, terminal(), process.env)
  })

addConnectionOptions(program.command('lag'))
  .description('say how far the queries of a server are behind, and why')
  .argument('[query]', 'one query (default: all that run)')
  .option('--json', 'one object a line for each query')
  .action(async (query: string | undefined, options) => {
    const { lagCommand } = await import('./commands/lag.ts')
    process.exitCode = await lagCommand(query, options, terminal(), process.env)
  })

addConnectionOptions(program.command('slo'))
  .description('say for how much of the last thirty days the queries of a server kept their objectives')
  .argument('[query]', 'one query (default: all that run)')
  .option('--json', 'one object a line for each objective')
  .action(async (query: string | undefined, options) => {
    const { sloCommand } = await import('./commands/slo.ts')
    process.exitCode = await sloCommand(query, options, terminal(), process.env)
  })

addConnectionOptions(program.command('export'))
  .description('write a query of a server as a script for another system')
  .addArgument(new Argument('<system>', 'which one').choices(['flink']))
  .argument('<query>', 'name of the query, as SHOW QUERIES lists it')
  .option('--brokers <addresses>', 'Kafka as Flink reaches it, host:port with commas')
  .option('--sink-topic <topic>', 'where Flink writes, in place of the topic of the query: to run both side by side')
  .option('--bounded', 'end where the topics end when the job starts')
  .action(async (_system: string, query: string, options) => {
    const { exportFlinkCommand } = await import('./commands/export.ts')
    process.exitCode = await exportFlinkCommand(query, options, terminal(), process.env)
  })

program
  .command('health')
  .description('ask whether a server serves; for probes of containers')
  .option('-s, --server <address>', 'host:port of the server', process.env['WEIR_ADDRESS'] ?? DEFAULT_ADDRESS)
  .option('--service <name>', 'service to ask about; "liveness": does the process live', '')
  .option('--tls', 'with TLS; the certificate is not verified: nothing is sent that may not be seen')
  .option('--tls-cert-file <path>', 'certificate to show, PEM')
  .option('--tls-key-file <path>', 'its private key, PEM')
  .option('--timeout-ms <ms>', 'longest wait for the answer', positiveInteger, 5_000)
  .action(async (options) => {
    const { healthCommand } = await import('./commands/health.ts')
    process.exitCode = await healthCommand(options, terminal())
  })

const server = program
  .command('server')
  .description('serve queries over gRPC until SIGTERM')
  .action(async (options) => {
    const { serverCommand } = await import('./commands/server.ts')
    process.exitCode = await serverCommand(options, terminal(), process.env)
  })
// Its options come from the table of settings, which is loaded only for the command that has them.
if (process.argv.includes('server')) (await import('./commands/server.ts')).addServerOptions(server)

program
  .command('token')
  .description('API tokens of a server')
  .command('create')
  .description('make a token: prints it once, and the line of it that the server is given')
  .requiredOption('-n, --name <name>', 'whom or what it is for')
  .requiredOption(
    '-g, --grant <grant>',
    'read:NAME, write:NAME, manage:NAME (* for any), admin, peer; again for more',
    collect,
    [],
  )
  .option('--expires <time>', 'when it ends, such as 2027-01-31 (default: never)')
  .option('--json', 'one object: token, entry')
  .action(async (options) => {
    const { createTokenCommand } = await import('./commands/token.ts')
    process.exitCode = createTokenCommand(options, terminal())
  })

program
  .command('demo')
  .description('start a server, feed it orders and watch the count of each region')
  .option('--once', 'a few minutes of orders at once; check the result and leave')
  .option('--rate <n>', 'orders a second', positiveInteger, 200)
  .option('-d, --data-dir <dir>', 'use this directory instead of a temporary one')
  .action(async (options) => {
    const { demoCommand } = await import('./commands/demo.ts')
    process.exitCode = await demoCommand(options, terminal())
  })

// `weir … | head` closes our output early: that is how the reader says it has enough.
process.stdout.on('error', (error) => {
  process.exit(isClosedPipe(error) ? EXIT_CODES.ok : EXIT_CODES.failure)
})

try {
  await program.parseAsync()
} catch (error) {
  // commander has printed its message; it ends with 0 after --help and --version, and 1 otherwise.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage
  else process.exitCode = reportError(error, process.stderr, { colour: terminal().colour.err })
}
