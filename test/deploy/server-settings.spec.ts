// The chart and the server agree: each variable that the chart sets is a setting, and what it sets it to is taken. What the
// test of the chart does in the cluster is run here, against a server with the settings that the chart gives it.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { environmentName, loadConfig, SETTING_NAMES } from '../../src/server/config/config.ts'
import { startServer } from '../../src/server/start-server.ts'
import {
  describeChart,
  type Manifest,
  PROFILES,
  type Render,
  ROOT,
  serverOf,
} from '../harness/deploy/describe-chart.ts'

/** Everything that sets a variable. */
const ALL: Render = {
  profile: 'values-ha.yaml',
  values: {
    kafka: { tls: { clientSecret: { name: 'kafka-client' } } },
    schemaRegistry: { url: 'https://registry/', user: 'weir', passwordSecret: { name: 'registry' } },
    tls: {
      enabled: true,
      secretName: 'weir-tls',
      clientCaSecret: { name: 'clients-ca' },
      peerCaSecret: { name: 'peers-ca' },
    },
    auth: { tokensSecret: { name: 'weir-tokens' }, peerTokenSecret: { name: 'weir-peer' } },
    settings: { logLevel: 'debug', reflection: false, messageReceiveBytesMax: 8_388_608, threads: 0 },
  },
}

const directory = mkdtempSync(join(tmpdir(), 'weir-chart-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describeChart('the variables of the chart', (chart) => {
  /** As a container sees them: references to the pod and to other variables are resolved. */
  function environmentOf(render?: Render): Record<string, string> {
    const environment: Record<string, string> = {}
    for (const { name, value, valueFrom } of serverOf(chart, render).env as readonly Manifest[]) {
      const given: string = valueFrom?.fieldRef?.fieldPath === 'metadata.name' ? 'shop-weir-0' : value
      environment[name] = given.replaceAll(/\$\((\w+)\)/g, (_, other: string) => environment[other] ?? '')
    }
    return environment
  }

  it('are settings of the server', () => {
    const known = new Set<string>(SETTING_NAMES.map(environmentName))
    expect(Object.keys(environmentOf(ALL)).filter((name) => !known.has(name))).toEqual([])
  })

  it('are taken by it', () => {
    expect(loadConfig({ environment: environmentOf(ALL) })).toMatchObject({
      replicaName: 'shop-weir-0',
      advertise: 'shop-weir-0.shop-weir-replicas.events.svc.cluster.local:7878',
      listen: '0.0.0.0:7878',
      dataDirectory: '/data/weir',
      kafka: 'kafka-0.kafka.svc:9093,kafka-1.kafka.svc:9093,kafka-2.kafka.svc:9093',
      kafkaReplicationFactor: 3,
      kafkaCompression: 'zstd',
      kafkaTls: true,
      kafkaSaslMechanism: 'SCRAM-SHA-512',
      kafkaSaslPasswordFile: '/etc/weir/secrets/kafka/password',
      schemaRegistryPassword: '${file:/etc/weir/secrets/schema-registry/password}',
      standbyReplicas: 1,
      logLevel: 'debug',
      reflection: false,
      messageReceiveBytesMax: 8_388_608,
    })
    for (const profile of PROFILES) expect(() => loadConfig({ environment: environmentOf({ profile }) })).not.toThrow()
    const ipv6 = environmentOf({ values: { listenHost: '[::]' } })
    expect(loadConfig({ environment: ipv6 }).listen).toBe('[::]:7878')
  })

  it('name each setting that `settings` takes as the server does', () => {
    // That it is not guarded is told where there is no TLS or no login, and nowhere else.
    const own = { ...environmentOf(), ...environmentOf(ALL) }
    const free = SETTING_NAMES.filter((name) => !(environmentName(name) in own))
    const values = { settings: Object.fromEntries(free.map((name) => [name, loadConfig()[name]])) }
    const set = Object.keys(environmentOf({ values }))
    expect(set).toEqual(expect.arrayContaining(free.map(environmentName)))
  })

  it('start a server that passes `helm test`', async () => {
    const [test] = chart.manifest('Pod').spec.containers
    const environment = environmentOf()
    const own = {
      listen: '127.0.0.1:0',
      dataDirectory: join(directory, 'data'),
      logLevel: 'silent',
      shutdownGraceMs: 0,
    }
    await using server = await startServer(loadConfig({ environment, flags: own }))
    const { code, out, err } = await runTest(test, server.address)
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('SERVING')
    // It leaves nothing behind.
    expect(await statement(server.address, 'SHOW STREAMS')).toBe('')
  })

  it('fail `helm test` where no server answers', async () => {
    const { code } = await runTest(chart.manifest('Pod').spec.containers[0], '127.0.0.1:1')
    expect(code).toBe(3)
  })
})

/** The command of a container, with `weir` on the path as in the image. */
async function runTest(container: Manifest, address: string) {
  const weir = join(directory, 'weir')
  const source = join(ROOT, 'src/cli/weir.ts')
  writeFileSync(weir, `#!/bin/sh\nexec "${process.execPath}" "${source}" "$@"\n`, { mode: 0o755 })
  const [command, ...args] = container.command as readonly string[]
  expect(container.env).toEqual([{ name: 'WEIR_ADDRESS', value: 'shop-weir:7878' }])
  const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}`, WEIR_ADDRESS: address }
  const child = spawn(command ?? '', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return { code, out, err }
}

async function statement(address: string, sql: string): Promise<string> {
  const { out } = await runTest(
    { command: ['weir', 'sql', '-o', 'json', '-e', sql], env: [{ name: 'WEIR_ADDRESS', value: 'shop-weir:7878' }] },
    address,
  )
  return out
}
