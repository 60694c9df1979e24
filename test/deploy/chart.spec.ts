// The chart as Helm and kubeconform see it: it lints, what it makes conforms to Kubernetes, and values that can't be meant
// are refused with a message that names them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CHART, describeChart, PROFILES, type Render, ROOT } from '../harness/deploy/describe-chart.ts'

const VERSIONS = readdirSync(join(ROOT, 'deploy/helm/schemas'))
  .filter((name) => name.startsWith('v'))
  .map((name) => name.slice(1))

const KAFKA = { brokers: 'kafka-0:9093,kafka-1:9093' }

/** Every optional part is on in one of them and off in another. */
const RENDERS: readonly (Render & { readonly name: string })[] = [
  { name: 'the defaults' },
  ...PROFILES.map((profile) => ({ name: profile, profile })),
  {
    name: 'everything on',
    profile: 'values-ha.yaml',
    values: {
      commonLabels: { team: 'events' },
      imagePullSecrets: [{ name: 'registry' }],
      kafka: { tls: { clientSecret: { name: 'kafka-client' } } },
      schemaRegistry: { url: 'https://registry/', user: 'weir', passwordSecret: { name: 'registry-login' } },
      tls: {
        enabled: true,
        secretName: 'weir-tls',
        clientCaSecret: { name: 'clients-ca' },
        peerCaSecret: { name: 'peers-ca' },
      },
      auth: { tokensSecret: { name: 'weir-tokens' }, peerTokenSecret: { name: 'weir-peer' } },
      settings: { logLevel: 'debug', messageReceiveBytesMax: 4_194_304 },
      extraEnv: [{ name: 'REGISTRY', valueFrom: { secretKeyRef: { name: 'registry', key: 'password' } } }],
      extraVolumes: [{ name: 'extra', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
      persistence: { storageClass: 'fast', annotations: { backup: 'no' } },
      service: { type: 'LoadBalancer', annotations: { internal: 'true' } },
      serviceAccount: { annotations: { role: 'weir' } },
      networkPolicy: {
        clients: [{ podSelector: { matchLabels: { weir: 'client' } } }],
        kafka: [{ namespaceSelector: { matchLabels: { name: 'kafka' } } }],
        schemaRegistry: [{ podSelector: {} }],
        extraEgress: [{ ports: [{ port: 443 }] }],
      },
      autoscaling: { enabled: true, authenticationRef: { name: 'prometheus' } },
      metrics: {
        serviceMonitor: { labels: { release: 'prometheus' } },
        prometheusRule: { labels: { release: 'prometheus' } },
        dashboard: { annotations: { folder: 'Weir' } },
      },
      podLabels: { tier: 'streams' },
      podAnnotations: { note: 'text' },
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'streams', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'high',
    },
  },
  {
    name: 'everything off',
    values: {
      persistence: { enabled: false },
      podDisruptionBudget: { enabled: false },
      networkPolicy: { enabled: false },
      serviceAccount: { create: false },
      metrics: { enabled: false },
      tests: { enabled: false },
      shutdown: { preStopSeconds: 0 },
      topologySpreadConstraints: [],
    },
  },
]

describeChart('the chart', (chart) => {
  it.each(RENDERS)('lints with $name', (render) => {
    const { code, out } = chart.helm('lint', render)
    expect(out).toContain('0 chart(s) failed')
    expect(out).not.toMatch(/\[(WARNING|ERROR)\]/)
    expect(code).toBe(0)
  })

  it.each(RENDERS)('makes what Kubernetes takes, the oldest and the newest, with $name', (render) => {
    const manifests = chart.text(render)
    for (const version of VERSIONS) {
      const { code, out } = chart.conforms(manifests, version)
      expect(out).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/)
      expect(code).toBe(0)
    }
  })

  it('is held to schemas that see a mistake', () => {
    const broken = chart.text({ profile: 'values-ha.yaml' }).replaceAll('readOnlyRootFilesystem', 'readOnlyRoot')
    for (const version of VERSIONS) {
      expect(chart.conforms(broken, version).out).toContain("additional properties 'readOnlyRoot' not allowed")
    }
    const custom = chart.text({ profile: 'values-ha.yaml' }).replace('interval: 30s', 'intervall: 30s')
    expect(chart.conforms(custom, '1.37.0').out).toContain("additional properties 'intervall' not allowed")
  })

  it.each<[string, Record<string, unknown>]>([
    ["additional properties 'replicas' not allowed", { replicas: 3 }],
    ["additional properties 'broker' not allowed", { kafka: { broker: 'kafka:9092' } }],
    ["additional properties 'logLevl' not allowed", { settings: { logLevl: 'debug' } }],
    // Set by a value of its own, which has to be the only one.
    ["additional properties 'kafka' not allowed", { settings: { kafka: 'kafka:9092' } }],
    ["at '/replicaCount': got string, want integer", { replicaCount: '3' }],
    ["at '/replicaCount': minimum", { replicaCount: -1 }],
    ["at '/kafka/brokers'", { kafka: { brokers: 'kafka' } }],
    ["at '/kafka/sasl/mechanism': value must be one of", { kafka: { sasl: { mechanism: 'SCRAM' } } }],
    ["at '/settings/logLevel': value must be one of", { settings: { logLevel: 'loud' } }],
    ["at '/settings/threads': maximum", { settings: { threads: 1000 } }],
    ["at '/image/digest'", { image: { digest: 'latest' } }],
    ["at '/persistence/size'", { persistence: { size: '10 GB' } }],
    ["at '/service/port': maximum", { service: { port: 70_000 } }],
  ])('refuses by its schema: %s', (message, values) => {
    expect(chart.refusal(values)).toContain(message)
  })

  it.each<[string, Record<string, unknown>]>([
    ['replicaCount: more than one replica needs kafka.brokers', { replicaCount: 2 }],
    ['autoscaling.enabled: it needs kafka.brokers', { autoscaling: { enabled: true } }],
    ['set metrics.enabled', { kafka: KAFKA, autoscaling: { enabled: true }, metrics: { enabled: false } }],
    ['above autoscaling.maxReplicas', { kafka: KAFKA, autoscaling: { enabled: true, minReplicas: 9 } }],
    ['tls.secretName: name the Secret', { tls: { enabled: true } }],
    ['tls.clientCaSecret.name: certificates of clients need tls.enabled', { tls: { clientCaSecret: { name: 'ca' } } }],
    ['tls.peerCaSecret.name: certificates of replicas need tls.enabled', { tls: { peerCaSecret: { name: 'ca' } } }],
    ['kafka.tls.enabled is false', { kafka: { ...KAFKA, tls: { caSecret: { name: 'ca' } } } }],
    [
      'kafka.sasl.passwordSecret.name: PLAIN needs a Secret',
      { kafka: { ...KAFKA, sasl: { mechanism: 'PLAIN', username: 'weir' } } },
    ],
    [
      'kafka.sasl.username: PLAIN needs a user',
      { kafka: { ...KAFKA, sasl: { mechanism: 'PLAIN', passwordSecret: { name: 'login' } } } },
    ],
    ['shutdown.graceMs: it is above shutdown.forceMs', { shutdown: { graceMs: 30_000 } }],
    [
      'terminationGracePeriodSeconds: 30 s would kill a server that drains; preStopSeconds, forceMs and ten seconds',
      { terminationGracePeriodSeconds: 30 },
    ],
  ])('refuses what does not go together: %s', (message, values) => {
    expect(chart.refusal(values)).toContain(message)
  })

  it('takes an end of 40 s, and not of 39 s', () => {
    expect(chart.refusal({ terminationGracePeriodSeconds: 40 })).toBe('')
    expect(chart.refusal({ terminationGracePeriodSeconds: 39 })).toContain('are 40 s')
  })
})

describe('the files of the chart', () => {
  const yaml = (path: string) => parse(readFileSync(join(ROOT, CHART, path), 'utf8'))

  it('have the version of the program', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(yaml('Chart.yaml').appVersion).toBe(version)
  })

  it('describe every value, and know no other', () => {
    interface Schema {
      readonly type: string
      readonly description?: string
      readonly properties?: Readonly<Record<string, Schema>>
      readonly additionalProperties?: unknown
    }
    const schema = JSON.parse(readFileSync(join(ROOT, CHART, 'values.schema.json'), 'utf8')) as Schema
    const faults: string[] = []
    const compare = (at: Schema, values: Readonly<Record<string, unknown>>, path: string): void => {
      if (at.additionalProperties !== false) faults.push(`${path} takes any key`)
      for (const [name, inner] of Object.entries(at.properties ?? {})) {
        const [where, value] = [`${path}${name}`, values[name]]
        if (where === 'global') continue
        if (value === undefined) faults.push(`${where} is not in values.yaml`)
        else if (inner.description === undefined && inner.properties !== undefined) {
          compare(inner, value as Record<string, unknown>, `${where}.`)
        } else if (inner.description === undefined) faults.push(`${where} is not described`)
      }
    }
    compare(schema, yaml('values.yaml'), '')
    expect(faults).toEqual([])
  })
})
