// `describe` for specs of the Helm chart. Where Helm can't be had they are skipped and say so.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, inject } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type {} from './tools-setup.ts'

export const ROOT = join(import.meta.dirname, '../../..')
export const CHART = 'deploy/helm/weir'
export const PROFILES = ['values-embedded.yaml', 'values-kafka.yaml', 'values-ha.yaml']
/** Helm built from its module takes a cluster of 1.20, without one that it could ask. */
const KUBERNETES = '1.37.0'

/** As YAML has it: what a spec says of it is checked by the schemas of Kubernetes first. */
// biome-ignore lint/suspicious/noExplicitAny: the types of Kubernetes are no part of this project.
export type Manifest = any

export interface Render {
  /** One of PROFILES. */
  readonly profile?: string | undefined
  readonly values?: Readonly<Record<string, unknown>> | undefined
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export class Chart {
  readonly #helm: string
  readonly #kubeconform: string
  /** What has been rendered, by its values. */
  readonly #texts = new Map<string, string>()

  constructor({ helm, kubeconform }: { readonly helm: string; readonly kubeconform: string }) {
    this.#helm = helm
    this.#kubeconform = kubeconform
  }

  /** `helm lint --strict` and `helm template` take the same. */
  helm(command: 'lint' | 'template', { profile, values }: Render = {}): Ended {
    const what = command === 'lint' ? ['lint', '--strict', CHART] : ['template', 'shop', CHART, '--namespace', 'events']
    const files = [...(profile === undefined ? [] : ['-f', `${CHART}/${profile}`]), '-f', '-']
    return run(this.#helm, [...what, '--kube-version', KUBERNETES, ...files], JSON.stringify(values ?? {}))
  }

  /** What would be sent to Kubernetes. */
  text(render?: Render): string {
    const key = JSON.stringify(render ?? {})
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const { code, out, err } = this.helm('template', render)
    if (code !== 0) throw new Error(err)
    this.#texts.set(key, out)
    return out
  }

  manifests(render?: Render): readonly Manifest[] {
    // The version that Kubernetes reads.
    return parseAllDocuments(this.text(render), { version: '1.1' })
      .map((document) => document.toJS())
      .filter((manifest) => manifest !== null)
  }

  /** The one of a kind; undefined where there is none. */
  manifest(kind: string, render?: Render): Manifest {
    return this.manifests(render).find((manifest) => manifest.kind === kind)
  }

  /** Message of a render that has to fail. */
  refusal(values: Readonly<Record<string, unknown>>): string {
    const { code, err } = this.helm('template', { values })
    return code === 0 ? '' : err
  }

  /** Against the schemas of a version of Kubernetes, and of the custom resources. */
  conforms(manifests: string, version: string): Ended {
    const schemas = [`v${version}`, 'custom'].flatMap((folder) => [
      '-schema-location',
      `deploy/helm/schemas/${folder}/{{.ResourceKind}}.json`,
    ])
    return run(this.#kubeconform, ['-strict', '-summary', ...schemas, '-'], manifests)
  }
}

/** The container of the server. */
export function serverOf(chart: Chart, render?: Render): Manifest {
  return chart.manifest('StatefulSet', render).spec.template.spec.containers[0]
}

export function run(command: string, args: readonly string[], input = ''): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, input, encoding: 'utf8' })
  if (error !== undefined) throw error
  return { code: status, out: stdout, err: stderr }
}

export function describeChart(name: string, body: (chart: Chart) => void): void {
  const prepared = inject('deployTools')
  if ('tool' in prepared) describe(name, () => body(new Chart(prepared.tool)))
  else describe.skipIf(true)(`${name} (${prepared.missing})`, () => body(new Chart({ helm: '', kubeconform: '' })))
}
