// The parts of `npm run kafka` that need no broker.

import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type BoundListener, brokerProperties, propertiesText } from '../../scripts/kafka/broker-properties.ts'
import { shellWord } from '../../scripts/kafka/death-guard.ts'
import { dockerArguments } from '../../scripts/kafka/docker-broker.ts'
import { freePorts, isFree } from '../../scripts/kafka/free-ports.ts'
import { missingTools } from '../../scripts/maven-jars.ts'

describe('what a broker needs', () => {
  const java = 'openjdk version "17.0.15" 2025-04-15'

  it('is there with Java 17 and Maven', () => {
    expect(missingTools('a Kafka broker', { java, maven: 'Apache Maven 3.8.7' })).toBeUndefined()
  })

  it.each([
    ['Java', { java: undefined, maven: 'Apache Maven 3.8.7' }, 'needs Java 17 or later (java) on the path'],
    ['a Java that is new enough', { java: 'openjdk version "11.0.2"', maven: '3' }, 'needs Java 17 or later (java) on'],
    ['Maven', { java, maven: undefined }, 'needs Maven (mvn) on the path'],
    ['both', { java: undefined, maven: undefined }, 'needs Java 17 or later (java) and Maven (mvn) on the path'],
  ])('is named when %s is missing, with how to install it', (_, tools, message) => {
    expect(missingTools('a Kafka broker', tools)).toContain(message)
    expect(missingTools('a Kafka broker', tools)).toContain('apt install openjdk-17-jdk-headless maven')
  })
})

describe('properties of a broker', () => {
  const plain: BoundListener = {
    name: 'PLAINTEXT',
    bind: '127.0.0.1:9092',
    advertise: '127.0.0.1:9092',
    protocol: 'PLAINTEXT',
    properties: {},
  }
  const settings = (nodes: number, properties = {}) => ({
    nodeId: 1,
    controllers: Array.from({ length: nodes }, (_, at) => ({ nodeId: at + 1, address: `127.0.0.1:${9_000 + at}` })),
    dataDirectory: '/data',
    listeners: [plain, { ...plain, name: 'LOGIN', protocol: 'SASL_SSL' as const, properties: { 'ssl.a': 'b' } }],
    properties,
  })

  it('confirm with two of three replicas, and with one of one', () => {
    expect(brokerProperties(settings(3))).toMatchObject({
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'transaction.state.log.min.isr': '2',
      'controller.quorum.voters': '1@127.0.0.1:9000,2@127.0.0.1:9001,3@127.0.0.1:9002',
    })
    expect(brokerProperties(settings(1))).toMatchObject({ 'min.insync.replicas': '1' })
  })

  it('name what a listener asks for after the listener, and put those of the caller last', () => {
    expect(brokerProperties(settings(1, { 'min.insync.replicas': '7' }))).toMatchObject({
      'listener.name.login.ssl.a': 'b',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LOGIN:SASL_SSL,CONTROLLER:PLAINTEXT',
      'min.insync.replicas': '7',
    })
  })

  it('are written so that Java reads the same values', () => {
    expect(propertiesText({ a: 'C:\\x', b: '1\n2' })).toBe('a=C:\\\\x\nb=1\\n2\n')
  })

  it('are those of a container as well, under the names that its image reads', () => {
    const args = dockerArguments('weir-kafka-1', '127.0.0.1:9092')
    expect(args.slice(0, 6)).toEqual(['run', '--rm', '--name', 'weir-kafka-1', '--publish', '127.0.0.1:9092:9092'])
    expect(args).toContain('KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:9092')
    expect(args).toContain('KAFKA_AUTO_CREATE_TOPICS_ENABLE=false')
    expect(args.at(-1)).toMatch(/^apache\/kafka:\d+\.\d+\.\d+$/)
  })
})

describe('free ports', () => {
  it('are free, different, and never those that the kernel gives to clients', async () => {
    const ports = await freePorts(50)
    expect(new Set(ports).size).toBe(50)
    expect(ports.filter((port) => port < 20_000 || port >= 32_000)).toEqual([])
  })

  it('do not include one on which something listens', async () => {
    const [port = 0] = await freePorts(1)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect(await isFree(port)).toBe(false)
    server.close()
  })
})

describe('a word for the shell', () => {
  it('is one word whatever is in it', () => {
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'")
  })
})
