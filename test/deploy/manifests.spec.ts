// What the chart makes, by what its parts are for: nothing is lost when a pod goes, nobody gets more rights than he needs,
// no secret is part of what is sent to Kubernetes.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  describeChart,
  type Manifest,
  PROFILES,
  type Render,
  ROOT,
  serverOf,
} from '../harness/deploy/describe-chart.ts'

const HA: Render = { profile: 'values-ha.yaml' }
const KAFKA = { brokers: 'kafka-0.kafka:9092,kafka-1.kafka:9094' }

describeChart('pods', (chart) => {
  const podsOf = (render: Render): readonly Manifest[] =>
    chart.manifests(render).flatMap(({ kind, spec }) => (kind === 'Pod' ? [spec] : (spec?.template?.spec ?? [])))

  it.each(PROFILES)('keep to the standard "restricted", with %s', (profile) => {
    const pods = podsOf({ profile })
    expect(pods).toHaveLength(2)
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      // By number: the kubelet can't tell of a name whether it is root.
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0)
      expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
      expect(pod).not.toHaveProperty('hostNetwork')
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        })
      }
    }
  })

  it('of the image by tag, or by digest where there is one', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    expect(serverOf(chart).image).toBe('weir:0.1.0')
    const image = { repository: 'registry.example/weir', tag: 'edge' }
    expect(serverOf(chart, { values: { image } }).image).toBe('registry.example/weir:edge')
    const pinned = { values: { image: { ...image, digest } } }
    expect(serverOf(chart, pinned).image).toBe(`registry.example/weir@${digest}`)
  })

  it('are asked by gRPC: for the server while it starts and serves, for the process alone while it lives', () => {
    const { startupProbe, readinessProbe, livenessProbe } = serverOf(chart)
    expect(startupProbe.grpc).toEqual({ port: 7878 })
    expect(readinessProbe.grpc).toEqual({ port: 7878 })
    expect(livenessProbe.grpc).toEqual({ port: 7878, service: 'liveness' })
    // Half an hour for a restore; nothing else may restart a pod before.
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(1800)
    // A minute without any answer, and not a second of a busy event loop.
    expect(livenessProbe.periodSeconds * livenessProbe.failureThreshold).toBe(60)
  })

  it('ask themselves where the kubelet could not: with TLS', () => {
    const server = serverOf(chart, { values: { tls: { enabled: true, secretName: 'weir-tls' } } })
    const { startupProbe, readinessProbe, livenessProbe } = server
    const command = ['weir', 'health', '--server=127.0.0.1:7878', '--tls']
    const identity = ['crt', 'key'].map((end) => `/etc/weir/secrets/server/tls.${end}`)
    const shown = [`--tls-cert-file=${identity[0]}`, `--tls-key-file=${identity[1]}`]
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) expect(probe).not.toHaveProperty('grpc')
    for (const probe of [startupProbe, readinessProbe]) expect(probe.exec.command).toEqual([...command, ...shown])
    expect(livenessProbe.exec.command).toEqual([...command, ...shown, '--service=liveness'])
  })

  it('that go have time to drain and to write a checkpoint', () => {
    const { containers, terminationGracePeriodSeconds } = chart.manifest('StatefulSet').spec.template.spec
    expect(containers[0].lifecycle.preStop.exec.command).toEqual(['sleep', '5'])
    const env = Object.fromEntries(containers[0].env.map(({ name, value }: Manifest) => [name, value]))
    expect(env).toMatchObject({ WEIR_SHUTDOWN_GRACE_MS: '10000', WEIR_SHUTDOWN_FORCE_MS: '25000' })
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(5_000 + 25_000 + 10_000)
  })

  it('are spread by nodes and zones, by the selector of their own', () => {
    for (const render of [{}, HA]) {
      const { selector, template } = chart.manifest('StatefulSet', render).spec
      const spread = template.spec.topologySpreadConstraints
      const keys = spread.map(({ topologyKey }: Manifest) => topologyKey).sort()
      expect(keys).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone'])
      for (const { labelSelector } of spread) expect(labelSelector.matchLabels).toEqual(selector.matchLabels)
    }
  })
})

describeChart('secrets', (chart) => {
  const render: Render = {
    profile: 'values-ha.yaml',
    values: {
      kafka: { tls: { clientSecret: { name: 'kafka-client' } } },
      schemaRegistry: { url: 'https://registry', user: 'weir', passwordSecret: { name: 'registry', key: 'pass' } },
      tls: {
        enabled: true,
        secretName: 'weir-tls',
        clientCaSecret: { name: 'clients-ca' },
        peerCaSecret: { name: 'peers-ca' },
      },
      auth: { tokensSecret: { name: 'weir-tokens' }, peerTokenSecret: { name: 'weir-peer' } },
    },
  }

  it('are files of one volume, each from the Secret that holds it', () => {
    const { volumes, containers } = chart.manifest('StatefulSet', render).spec.template.spec
    const { projected } = volumes.find(({ name }: Manifest) => name === 'secrets')
    const files = projected.sources.flatMap(({ secret }: Manifest) =>
      secret.items.map(({ key, path }: Manifest) => `${path} <- ${secret.name}/${key}`),
    )
    expect(files).toEqual([
      'kafka/ca.crt <- weir-kafka-ca/ca.crt',
      'kafka/tls.crt <- kafka-client/tls.crt',
      'kafka/tls.key <- kafka-client/tls.key',
      'kafka/password <- weir-kafka-login/password',
      'schema-registry/password <- registry/pass',
      'server/tls.crt <- weir-tls/tls.crt',
      'server/tls.key <- weir-tls/tls.key',
      'server/clients.crt <- clients-ca/ca.crt',
      'server/peers.crt <- peers-ca/ca.crt',
      'server/tokens <- weir-tokens/tokens',
      'server/peer-token <- weir-peer/token',
    ])
    expect(projected.defaultMode).toBe(0o440)
    // Whole, not by subPath: only so does the kubelet write what has changed.
    expect(containers[0].volumeMounts).toContainEqual({
      name: 'secrets',
      mountPath: '/etc/weir/secrets',
      readOnly: true,
    })
    // Every file that a variable names is one of them, and the other way round.
    const named = containers[0].env
      .flatMap(({ value }: Manifest) => [...String(value).matchAll(/\/etc\/weir\/secrets\/([\w./-]+)/g)])
      .map(([, path]: readonly string[]) => path)
    expect(named.sort()).toEqual(files.map((file: string) => file.split(' ')[0]).sort())
  })

  it('are in no variable, and the chart makes none', () => {
    const manifests = chart.manifests(render)
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
    const secret = /PASSWORD|TOKEN|SECRET|KEY|CERT/
    const values = serverOf(chart, render)
      .env.filter(({ name }: Manifest) => secret.test(name))
      .map(({ value }: Manifest) => value)
    expect(values).toHaveLength(8)
    for (const value of values) expect(value).toMatch(/^(\$\{file:)?\/etc\/weir\/secrets\/[\w./-]+\}?$/)
  })

  it('need no volume where there are none', () => {
    const { volumes } = chart.manifest('StatefulSet').spec.template.spec
    expect(volumes).toEqual([{ name: 'tmp', emptyDir: {} }])
  })
})

describeChart('replicas', (chart) => {
  it('have the name of their pod, and the address that the headless Service gives it', () => {
    const { spec } = chart.manifest('StatefulSet', HA)
    const headless = chart.manifests(HA).find(({ kind, spec: of }) => kind === 'Service' && of.clusterIP === 'None')
    expect(spec.serviceName).toBe(headless.metadata.name)
    expect(headless.spec).toMatchObject({ publishNotReadyAddresses: true, selector: spec.selector.matchLabels })
    expect(spec.template.spec.containers[0].env).toEqual(
      expect.arrayContaining([
        { name: 'WEIR_REPLICA_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        {
          name: 'WEIR_ADVERTISE',
          value: '$(WEIR_REPLICA_NAME).shop-weir-replicas.events.svc.cluster.local:7878',
        },
      ]),
    )
    // A variable is put in only where it stands before.
    const names = spec.template.spec.containers[0].env.map(({ name }: Manifest) => name)
    expect(names.indexOf('WEIR_REPLICA_NAME')).toBeLessThan(names.indexOf('WEIR_ADVERTISE'))
  })

  it('start together, are replaced one by one, and keep a volume each', () => {
    const { spec } = chart.manifest('StatefulSet', HA)
    expect(spec).toMatchObject({
      replicas: 3,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
    })
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Delete' })
    const [claim] = spec.volumeClaimTemplates
    expect(claim.spec).toEqual({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '50Gi' } } })
    const mounts = spec.template.spec.containers[0].volumeMounts
    expect(mounts).toContainEqual({ name: claim.metadata.name, mountPath: '/data' })
  })

  it('lose their data with the pod only where that is said', () => {
    const { spec } = chart.manifest('StatefulSet', { values: { persistence: { enabled: false } } })
    expect(spec).not.toHaveProperty('volumeClaimTemplates')
    expect(spec.template.spec.volumes).toContainEqual({ name: 'data', emptyDir: { sizeLimit: '10Gi' } })
  })

  it('are picked by labels that an upgrade never changes', () => {
    const labels = { 'app.kubernetes.io/name': 'weir', 'app.kubernetes.io/instance': 'shop' }
    const { spec } = chart.manifest('StatefulSet', { values: { commonLabels: { team: 'events' } } })
    expect(spec.selector.matchLabels).toEqual({ ...labels, 'app.kubernetes.io/component': 'server' })
    expect(spec.template.metadata.labels).toMatchObject({ ...spec.selector.matchLabels, team: 'events' })
    expect(spec.volumeClaimTemplates[0].metadata.labels).toEqual(spec.selector.matchLabels)
  })

  it('go one at a time when nodes are drained', () => {
    const budget = chart.manifest('PodDisruptionBudget', HA).spec
    expect(budget).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' })
    expect(budget.selector).toEqual(chart.manifest('StatefulSet', HA).spec.selector)
    expect(chart.manifest('PodDisruptionBudget', { profile: 'values-embedded.yaml' })).toBeUndefined()
  })

  it('scale with the lag where that is asked for, and are then nobody else’s to count', () => {
    expect(chart.manifest('ScaledObject', HA)).toBeUndefined()
    const render: Render = { ...HA, values: { autoscaling: { enabled: true, lagThresholdMs: 20_000_000 } } }
    const set = chart.manifest('StatefulSet', render)
    expect(set.spec).not.toHaveProperty('replicas')
    const { spec } = chart.manifest('ScaledObject', render)
    expect(spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name },
      minReplicaCount: 2,
      maxReplicaCount: 6,
    })
    expect(spec.triggers).toEqual([
      {
        type: 'prometheus',
        metricType: 'Value',
        metadata: {
          serverAddress: 'http://prometheus-operated.monitoring.svc:9090',
          query: 'max(stream_lag_ms{namespace="events", service="shop-weir-replicas"})',
          threshold: '20000000',
        },
      },
    ])
  })
})

describeChart('the network policy', (chart) => {
  const policy = (values: Readonly<Record<string, unknown>> = {}) => chart.manifest('NetworkPolicy', { values }).spec

  it('is about the servers alone, and both ways', () => {
    expect(policy().podSelector).toEqual(chart.manifest('StatefulSet').spec.selector)
    expect(policy().policyTypes).toEqual(['Ingress', 'Egress'])
  })

  it('lets in clients, replicas and the test', () => {
    const clients = [{ podSelector: { matchLabels: { role: 'client' } } }]
    const [grpc, metrics, ...rest] = policy({ networkPolicy: { clients } }).ingress
    const own = { 'app.kubernetes.io/instance': 'shop', 'app.kubernetes.io/part-of': 'weir' }
    expect(grpc).toEqual({ ports: [{ port: 7878 }], from: [{ podSelector: { matchLabels: own } }, ...clients] })
    expect(metrics).toEqual({ ports: [{ port: 9464 }], from: [{ namespaceSelector: {} }] })
    expect(rest).toEqual([])
    for (const kind of ['Pod', 'StatefulSet']) {
      const { metadata, spec } = chart.manifest(kind)
      expect(spec.template?.metadata.labels ?? metadata.labels).toMatchObject(own)
    }
  })

  it('lets out to the name service, the replicas, the brokers and the registry', () => {
    const out = (values?: Readonly<Record<string, unknown>>) =>
      policy(values).egress.map(({ ports }: Manifest) => ports.map(({ port }: Manifest) => port))
    expect(out()).toEqual([[53, 53], [7878]])
    expect(out({ kafka: KAFKA })).toEqual([[53, 53], [7878], [9092, 9094]])
    const registry = (url: string) => out({ schemaRegistry: { url } }).at(-1)
    expect(registry('http://one:8081,http://two:8081')).toEqual([8081])
    expect(registry('https://registry.example')).toEqual([443])
    expect(registry('http://registry.example/path')).toEqual([80])
    const kafka = [{ ipBlock: { cidr: '10.0.0.0/8' } }]
    expect(policy({ kafka: KAFKA, networkPolicy: { kafka } }).egress.at(-1).to).toEqual(kafka)
  })
})

describeChart('monitoring', (chart) => {
  it('is read at the port of the replicas, each by itself', () => {
    const { spec } = chart.manifest('ServiceMonitor', HA)
    const services = chart
      .manifests(HA)
      .filter(({ kind, metadata }) =>
        Object.entries(spec.selector.matchLabels).every(
          ([name, value]) => kind === 'Service' && metadata.labels[name] === value,
        ),
      )
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['shop-weir-replicas'])
    const port = services[0].spec.ports.find(({ name }: Manifest) => name === spec.endpoints[0].port)
    const target = serverOf(chart, HA).ports.find(({ name }: Manifest) => name === port.targetPort)
    expect(target.containerPort).toBe(9464)
    expect(serverOf(chart, HA).env).toContainEqual({ name: 'WEIR_METRICS_LISTEN', value: '0.0.0.0:9464' })
  })

  it('has the rules and the dashboard as they are in deploy/', () => {
    const rules = readFileSync(join(ROOT, 'deploy/prometheus/weir.rules.yaml'), 'utf8')
    expect(chart.manifest('PrometheusRule', HA).spec).toEqual(parse(rules))
    const dashboard = readFileSync(join(ROOT, 'deploy/grafana/weir-dashboard.json'), 'utf8')
    const { data, metadata } = chart.manifest('ConfigMap', HA)
    expect(JSON.parse(data['weir.json'])).toEqual(JSON.parse(dashboard))
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' })
  })

  it('is off where it is not asked for', () => {
    const kinds = chart.manifests().map(({ kind }) => kind)
    expect(kinds).not.toEqual(expect.arrayContaining(['ServiceMonitor']))
    expect(kinds.filter((kind) => ['ServiceMonitor', 'PrometheusRule', 'ConfigMap'].includes(kind))).toEqual([])
    const without = serverOf(chart, { values: { metrics: { enabled: false } } })
    expect(without.env.map(({ name }: Manifest) => name)).not.toContain('WEIR_METRICS_LISTEN')
    expect(without.ports).toHaveLength(1)
  })
})

describeChart('the test', (chart) => {
  const testOf = (values: Readonly<Record<string, unknown>>) => chart.manifest('Pod', { values }).spec
  const tls = { enabled: true, secretName: 'weir-tls' }

  it('asks for the health alone where rows need a login', () => {
    for (const values of [{ tls }, { auth: { tokensSecret: { name: 'weir-tokens' } } }]) {
      const script = testOf(values).containers[0].command.at(-1)
      expect(script).toContain('weir health')
      expect(script).not.toContain('weir sql')
    }
    expect(testOf({}).containers[0].command.at(-1)).toContain('weir sql')
  })

  it('shows a certificate where clients have to', () => {
    const { containers, volumes } = testOf({ tls: { ...tls, clientCaSecret: { name: 'clients-ca' } } })
    expect(containers[0].command.at(-1)).toContain(
      'weir health --tls --tls-cert-file=/tls/tls.crt --tls-key-file=/tls/',
    )
    expect(containers[0].volumeMounts).toEqual([{ name: 'tls', mountPath: '/tls', readOnly: true }])
    expect(volumes[0].secret).toMatchObject({ secretName: 'weir-tls' })
    expect(testOf({ tls })).not.toHaveProperty('volumes')
  })
})

describeChart('the account', (chart) => {
  it('has no token, and is used by the pods', () => {
    const account = chart.manifest('ServiceAccount')
    expect(account.automountServiceAccountToken).toBe(false)
    expect(chart.manifest('StatefulSet').spec.template.spec.serviceAccountName).toBe(account.metadata.name)
    const given: Render = { values: { serviceAccount: { create: false, name: 'own' } } }
    expect(chart.manifest('ServiceAccount', given)).toBeUndefined()
    expect(chart.manifest('StatefulSet', given).spec.template.spec.serviceAccountName).toBe('own')
  })
})
