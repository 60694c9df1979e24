// deploy/compose and deploy/docker, as far as they can be checked without containers: the parser of Compose takes the file,
// what it mounts is there, the variables are settings, and the image has what it copies and runs.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { KAFKA_VERSION } from '../../scripts/kafka/kafka-program.ts'
import { environmentName, loadConfig, SETTING_NAMES } from '../../src/server/config/config.ts'
import { type Manifest, ROOT, run } from '../harness/deploy/describe-chart.ts'

const COMPOSE = join(ROOT, 'deploy/compose/compose.yaml')
const compose: Manifest = parse(readFileSync(COMPOSE, 'utf8'))
const services = Object.entries<Manifest>(compose.services)
const dockerfile = readFileSync(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8')

describe('compose.yaml', () => {
  const tools = inject('deployTools')

  it.skipIf('missing' in tools)(`is taken by Compose${'missing' in tools ? ` (${tools.missing})` : ''}`, () => {
    if ('missing' in tools) throw new Error(tools.missing)
    const { code, out, err } = run(tools.tool.compose, ['--format', 'json', COMPOSE])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(Object.keys(JSON.parse(out).services).sort()).toEqual(['grafana', 'kafka', 'prometheus', 'weir'])
  })

  it.skipIf('missing' in tools)('is held to a schema that sees a mistake', () => {
    if ('missing' in tools) throw new Error(tools.missing)
    const broken = readFileSync(COMPOSE, 'utf8').replace('read_only:', 'readonly:')
    const { code, err } = run(tools.tool.compose, ['-'], broken)
    expect(code).not.toBe(0)
    expect(err).toContain('services.weir.readonly')
  })

  const docker = spawnSync('docker', ['compose', 'version'])

  it.skipIf(docker.status !== 0)('is taken by Docker, where it is there', () => {
    const { code, err } = run('docker', ['compose', '-f', COMPOSE, 'config', '--quiet'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  it('mounts files that are there, for reading alone', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes as readonly string[])
    const files = mounts.filter((mount) => mount.startsWith('.'))
    expect(files.length).toBeGreaterThan(0)
    for (const mount of files) {
      const [source = '', , mode] = mount.split(':')
      expect(existsSync(join(dirname(COMPOSE), source))).toBe(true)
      expect(mode).toBe('ro')
    }
    const named = mounts.filter((mount) => !mount.startsWith('.')).map((mount) => mount.split(':')[0])
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort())
  })

  it('opens ports on this machine alone', () => {
    const ports = services.flatMap(([, { ports: published = [] }]) => published as readonly string[])
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('has images of fixed versions; Kafka is that of the tests', () => {
    for (const [name, { image }] of services) if (name !== 'weir') expect(image).toMatch(/:v?\d+\.\d+\.\d+$/)
    expect(compose.services.kafka.image).toBe(`apache/kafka:${KAFKA_VERSION}`)
  })

  it('gives the server settings that it takes, no rights, and time to drain', () => {
    const { environment, ...weir } = compose.services.weir
    // Until the server serves metrics.
    const known = new Set<string>([...SETTING_NAMES.map(environmentName), 'WEIR_METRICS_LISTEN'])
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([])
    const config = loadConfig({ environment })
    expect(config).toMatchObject({ kafka: 'kafka:9092', advertise: 'weir:7878' })
    expect(weir).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(Number.parseInt(weir.stop_grace_period, 10) * 1000).toBeGreaterThan(config.shutdownForceMs + 10_000)
  })

  it('has Prometheus read where the server serves', () => {
    const { scrape_configs: scrapes } = parse(readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8'))
    const port = compose.services.weir.environment.WEIR_METRICS_LISTEN.split(':')[1]
    expect(scrapes[0].static_configs[0].targets).toEqual([`weir:${port}`])
  })
})

describe('the image', () => {
  it('is of a user without rights, by number, and checks its health', () => {
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
    expect(dockerfile.indexOf('USER ')).toBeLessThan(dockerfile.indexOf('\nCMD '))
    expect(dockerfile).toMatch(/^HEALTHCHECK .* CMD \["weir", "health"\]$/m)
  })

  it('is built of files that are there and that its context has', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '))
    expect(sources).toContain('src')
    expect(sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    const ignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    expect(sources.filter((path) => !ignore.includes(`!${path}`))).toEqual([])
  })

  it('takes settings by names that the server knows', () => {
    const names = [...dockerfile.matchAll(/\bWEIR_\w+/g)].map(([name]) => name)
    const known = new Set(SETTING_NAMES.map(environmentName))
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })
})
