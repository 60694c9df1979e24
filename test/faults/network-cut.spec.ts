// The harness itself: a process in a network namespace loses its broker when the network is cut, and goes on when it is
// healed, with nothing lost of what was confirmed.

import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../scripts/kafka/free-ports.ts'
import { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { describeKafkaCluster } from '../harness/kafka/describe-kafka.ts'
import { KafkaTools } from '../harness/kafka/kafka-tools.ts'
import { namespacesMissing, TestNetwork } from '../harness/network-namespace.ts'

const missing = namespacesMissing()
if (missing !== null) console.error(`network cuts are skipped: ${missing}`)

const START_MS = 120_000
const CUT_MS = 4_000
/** What is on its way at the moment of the cut. */
const SETTLE_MS = 500
const RECORDS_PER_SECOND = 200
const POLL_MS = 50

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(POLL_MS)
}

/** Whether the host gets an answer there within a second. */
function reaches(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: 1_000 })
  return new Promise((resolve) => {
    const settle = (answered: boolean) => () => {
      socket.destroy()
      resolve(answered)
    }
    socket.on('data', settle(true)).on('timeout', settle(false)).on('error', settle(false))
  })
}

describe.skipIf(missing !== null)('a network of a test', () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await TestNetwork.create()
  })
  afterAll(() => network.close())

  it('lets a process be reached from the host and from another namespace, until its own cable is cut', async () => {
    const [port = 0] = await freePorts(1)
    const one = await network.addNamespace()
    const other = await network.addNamespace()
    const serve = `require('node:net').createServer((s) => s.end('hello')).listen(${port}, '0.0.0.0', () => console.log('up'))`
    const server = one.spawn(process.execPath, ['-e', serve], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(server.stdout as NodeJS.ReadableStream, 'data')
    const ask = `
      const socket = require('node:net').connect(${port}, '${one.address}')
      socket.setTimeout(1000, () => process.exit(3))
      socket.on('data', (text) => process.exit(String(text) === 'hello' ? 0 : 4))`
    const asked = async () => (await once(other.spawn(process.execPath, ['-e', ask], { stdio: 'inherit' }), 'exit'))[0]
    expect(await asked()).toBe(0)
    expect(await reaches(one.address, port)).toBe(true)
    await one.cut()
    expect(await asked()).toBe(3)
    expect(await reaches(one.address, port)).toBe(false)
    await one.heal()
    expect(await asked()).toBe(0)
    expect(await reaches(one.address, port)).toBe(true)
  })
})

describeKafkaCluster('a producer behind a cable', () => {
  describe.skipIf(missing !== null)('in a network namespace', () => {
    let network: TestNetwork
    let kafka: KafkaCluster
    beforeAll(async () => {
      network = await TestNetwork.create()
      kafka = await KafkaCluster.start({ listeners: [{ name: 'NETWORK', host: network.hostAddress }] })
    }, START_MS)
    afterAll(async () => {
      await kafka?.close()
      await network.close()
    })

    it('stands still while it is cut, and then goes on with nothing lost or doubled', {
      timeout: START_MS,
    }, async () => {
      const inside = await KafkaTools.at(kafka.bootstrapOf('NETWORK'))
      const outside = await KafkaTools.at(kafka.bootstrap)
      await outside.createTopic('events')
      const namespace = await network.addNamespace()
      const { command, args } = inside.commandLine('org.apache.kafka.tools.VerifiableProducer', [
        ...['--topic', 'events', '--throughput', `${RECORDS_PER_SECOND}`],
      ])
      const producer = namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(producer, 'exit')
      const confirmed: string[] = []
      createInterface({ input: producer.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const { name, value } = JSON.parse(line) as { readonly name: string; readonly value: string }
        if (name === 'producer_send_success') confirmed.push(value)
      })

      await until(() => confirmed.length > RECORDS_PER_SECOND)
      await namespace.cut()
      await pause(SETTLE_MS)
      const atCut = confirmed.length
      await pause(CUT_MS)
      expect(confirmed.length).toBe(atCut)

      await namespace.heal()
      await until(() => confirmed.length > atCut + RECORDS_PER_SECOND)
      producer.kill('SIGTERM')
      await ended
      const stored = await outside.consume('events', confirmed.length)
      expect(stored.toSorted()).toEqual(confirmed.toSorted())
    })
  })
})
