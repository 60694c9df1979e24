// `npm run kafka`: a real broker for development, or three, until Ctrl-C.

import { Command, InvalidArgumentError, Option } from 'commander'
import { JavaMissingError } from '../maven-jars.ts'
import { DockerBroker, hasDocker } from './docker-broker.ts'
import { KafkaCluster } from './kafka-cluster.ts'

interface Options {
  readonly port: number
  readonly brokers: '1' | '3'
  readonly data?: string | undefined
}

const PORT_LAST = 65_535
const PARENT_POLL_MS = 500

const { port, brokers, data } = new Command('npm run kafka --')
  .description('start a real Kafka broker on this machine; Ctrl-C stops it')
  .option('--port <port>', 'port on 127.0.0.1; three brokers have this one and the two after it', portNumber, 9092)
  .addOption(new Option('--brokers <n>', 'how many brokers').choices(['1', '3']).default('1'))
  .option('--data <dir>', 'keep the data in this directory, and go on with what is there (default: removed at the end)')
  .parse()
  .opts<Options>()

// The first Ctrl-C ends the brokers in order. A second one does not wait for that; they are killed all the same.
const stopped = new Promise<void>((resolve) => {
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(1)
      asked = true
      resolve()
    })
  }
  // `npm run kafka & … kill $!`: npm passes the signal to its shell, and the shell does not pass it on to us.
  if (process.env['npm_lifecycle_event'] === 'kafka') {
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && resolve(), PARENT_POLL_MS).unref()
  }
})

try {
  const startedAt = performance.now()
  const kafka = await Promise.race([start(), stopped])
  if (kafka !== undefined) {
    say(`Kafka ${kafka.version} is up after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    console.log(kafka.bootstrap)
    say(`Ctrl-C stops it${data === undefined ? ' and removes its data' : `; its data stays in ${data}`}`)
    await stopped
    say('stopping')
    await kafka.close()
  }
  process.exit()
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}

async function start(): Promise<KafkaCluster | DockerBroker> {
  try {
    return await KafkaCluster.start({
      brokers: brokers === '3' ? 3 : 1,
      port,
      dataDirectory: data,
      tuning: 'load',
      onProgress: say,
      onBrokerLost: say,
    })
  } catch (error) {
    const dockerWillDo = error instanceof JavaMissingError && brokers === '1' && data === undefined
    if (!dockerWillDo || !(await hasDocker())) throw error
    say('there is no Java: starting a broker in Docker')
    return DockerBroker.start(port)
  }
}

/** The address alone goes to standard output. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function portNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1 || value > PORT_LAST) throw new InvalidArgumentError('it is no port.')
  return value
}
