// The harness itself: brokers that are killed, paused and started again keep what they confirmed, and none outlives
// its test.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePorts, isFree } from '../../scripts/kafka/free-ports.ts'
import { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { describeKafkaCluster } from '../harness/kafka/describe-kafka.ts'
import { KafkaTools } from '../harness/kafka/kafka-tools.ts'

const MAIN = join(import.meta.dirname, '../../scripts/kafka/main.ts')
const START_MS = 120_000
const POLL_MS = 50

/** Ends with the time-out of the test at the latest. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
}

/** Waits until that many replicas of each partition have all that was confirmed. */
async function inSync(tools: KafkaTools, topic: string, replicas: number): Promise<void> {
  await until(async () => {
    const partitions = [...(await tools.describeTopic(topic)).matchAll(/Isr: ([\d,]+)/g)]
    return partitions.every(([, ids = '']) => ids.split(',').length === replicas)
  })
}

describeKafkaCluster('three brokers', () => {
  let kafka: KafkaCluster
  let tools: KafkaTools

  beforeAll(async () => {
    kafka = await KafkaCluster.start({ brokers: 3 })
    tools = await KafkaTools.at(kafka.bootstrap)
    await tools.createTopic('accounts', { partitions: 3, replicas: 3 })
  }, START_MS)
  afterAll(async () => {
    await kafka.close()
  })

  it('keep what was confirmed when one is killed, takes part again, and another is killed', {
    timeout: START_MS,
  }, async () => {
    await tools.produce('accounts', ['a', 'b', 'c'])
    await kafka.stopBroker(1, 'SIGKILL')
    await tools.produce('accounts', ['d'])
    await kafka.startBroker(1)
    await inSync(tools, 'accounts', 3)
    await kafka.stopBroker(2, 'SIGKILL')
    await tools.produce('accounts', ['e'])
    expect((await tools.consume('accounts', 5)).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    await kafka.startBroker(2)
  })

  it('come back after all of them were killed', { timeout: START_MS }, async () => {
    await tools.createTopic('all', { replicas: 3 })
    await tools.produce('all', ['before'])
    await Promise.all(kafka.brokerIds.map((id) => kafka.stopBroker(id, 'SIGKILL')))
    await Promise.all(kafka.brokerIds.map((id) => kafka.startBroker(id)))
    await tools.produce('all', ['after'])
    expect(await tools.consume('all', 2)).toEqual(['before', 'after'])
  })

  it('do without one that stands still', { timeout: START_MS }, async () => {
    await tools.createTopic('paused', { replicas: 3 })
    kafka.pauseBroker(3)
    await tools.produce('paused', ['while paused'])
    kafka.resumeBroker(3)
    await inSync(tools, 'paused', 3)
    expect(await tools.consume('paused', 1)).toEqual(['while paused'])
  })
})

describeKafkaCluster('one broker', () => {
  it('keeps its data in a directory that is given', { timeout: START_MS }, async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'weir-test-kafka-'))
    try {
      await using first = await KafkaCluster.start({ dataDirectory })
      const before = await KafkaTools.at(first.bootstrap)
      await before.createTopic('kept')
      await before.produce('kept', ['a'])
      await first.close()
      await using second = await KafkaCluster.start({ dataDirectory })
      expect(await (await KafkaTools.at(second.bootstrap)).consume('kept', 1)).toEqual(['a'])
      await second.close()
      await expect(KafkaCluster.start({ dataDirectory, brokers: 3 })).rejects.toThrow('has the data of 1 brokers')
    } finally {
      rmSync(dataDirectory, { recursive: true })
    }
  })

  it('shows why it does not start', { timeout: START_MS }, async () => {
    const started = KafkaCluster.start({ properties: { 'num.network.threads': '0' } })
    await expect(started).rejects.toThrow(/broker 1 .*[\s\S]*num\.network\.threads/)
  })

  it('reports one that nobody stopped', { timeout: START_MS }, async () => {
    const lost = Promise.withResolvers<string>()
    await using kafka = await KafkaCluster.start({ onBrokerLost: lost.resolve })
    process.kill(kafka.pidOf(1), 'SIGKILL')
    expect(await lost.promise).toMatch(/^broker 1 ended/)
  })

  it.each([
    ['the process that started it, also when that is killed', process.execPath, [MAIN], 'SIGKILL'],
    ['an npm that is told to end', 'npm', ['run', '--silent', 'kafka', '--'], 'SIGTERM'],
  ] as const)('goes with %s', { timeout: START_MS }, async (_, command, args, signal) => {
    const temporary = mkdtempSync(join(tmpdir(), 'weir-test-kafka-'))
    const [port = 0] = await freePorts(1)
    const env = { ...process.env, TMPDIR: temporary }
    const child = spawn(command, [...args, '--port', `${port}`], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [printed] = await once(child.stdout, 'data')
    expect(String(printed)).toBe(`127.0.0.1:${port}\n`)
    expect(readdirSync(temporary).join()).toContain('weir-kafka-')
    child.kill(signal)
    const data = () => readdirSync(temporary).filter((name) => name.startsWith('weir-kafka-'))
    await until(async () => (await isFree(port)) && data().length === 0)
    rmSync(temporary, { recursive: true })
  })
})
