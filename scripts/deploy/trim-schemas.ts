// Writes deploy/helm/schemas: JSON schemas of the few kinds that the chart makes, for kubeconform, which would fetch
// each of them otherwise. Run when a version of Kubernetes is to be added; needs Go and pip:
//   node scripts/deploy/trim-schemas.ts
// Those of Kubernetes are the strict ones of the package kubernetes-validate (PyPI, Apache 2.0), those of custom
// resources are from the Go modules of their operators (Apache 2.0). Descriptions and status are left out, and what
// nothing refers to.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'

const OUTPUT = 'deploy/helm/schemas'
const KUBERNETES_VALIDATE = 'kubernetes-validate==1.37.0'
/** The oldest that the chart is for, and the newest that there is. */
const VERSIONS = ['1.27.0', '1.37.0']
const KINDS = [
  'io.k8s.api.apps.v1.StatefulSet',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Pod',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.networking.v1.NetworkPolicy',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
]
const CUSTOM_RESOURCES = [
  ['github.com/kedacore/keda/v2@v2.21.0', 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
] as const

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Without descriptions. A property that is called so is a schema and stays. */
function withoutDescriptions(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDescriptions)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, of]) => !(key === 'description' && typeof of === 'string') && !key.startsWith('x-kubernetes-'))
      .map(([key, of]) => [key, withoutDescriptions(of)]),
  )
}

function withoutStatus(schema: JsonObject): JsonObject {
  const { status: _, ...properties } = schema['properties'] as JsonObject
  return { ...schema, properties }
}

/** A definition with all that it refers to. */
function standalone(definitions: JsonObject, name: string): JsonObject {
  const needed = new Map<string, Json>()
  const take = (value: Json | undefined): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, of] of Object.entries(value)) {
      const referred = key === '$ref' && typeof of === 'string' ? of.split('/').at(-1) : undefined
      if (referred !== undefined && !needed.has(referred)) {
        needed.set(referred, definitions[referred] ?? null)
        take(definitions[referred])
      } else take(of as Json)
    }
  }
  const root = withoutStatus(definitions[name] as JsonObject)
  take(root)
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...root, $defs: Object.fromEntries(needed) }
}

/** As the API server has it with strict validation: no property that the schema does not name. */
function strict(value: Json): Json {
  if (Array.isArray(value)) return value.map(strict)
  if (!isObject(value)) return value
  const inner = Object.fromEntries(Object.entries(value).map(([key, of]) => [key, strict(of)]))
  const open = 'additionalProperties' in value || value['x-kubernetes-preserve-unknown-fields'] === true
  return isObject(value['properties']) && value['type'] === 'object' && !open
    ? { ...inner, additionalProperties: false }
    : inner
}

function write(folder: string, kind: string, schema: Json): void {
  mkdirSync(join(OUTPUT, folder), { recursive: true })
  const path = join(OUTPUT, folder, `${kind.toLowerCase()}.json`)
  writeFileSync(path, `${JSON.stringify(withoutDescriptions(schema))}\n`)
}

const directory = mkdtempSync(join(tmpdir(), 'weir-schemas-'))
try {
  execFileSync('pip', ['install', '--quiet', '--no-deps', '--target', directory, KUBERNETES_VALIDATE])
  for (const version of VERSIONS) {
    const folder = join(directory, `kubernetes_validate/kubernetes-json-schema/v${version}-local-strict`)
    const { $defs } = JSON.parse(readFileSync(join(folder, '_definitions.json'), 'utf8')) as { $defs: JsonObject }
    for (const name of KINDS) write(`v${version}`, name.split('.').at(-1) ?? '', standalone($defs, name))
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
for (const [module, file] of CUSTOM_RESOURCES) {
  const { Dir } = JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' }))
  const { spec } = parse(readFileSync(join(Dir, file), 'utf8'))
  const { openAPIV3Schema } = spec.versions[0].schema
  const { metadata: _, ...properties } = withoutStatus(openAPIV3Schema)['properties'] as JsonObject
  // Kubernetes checks the metadata of custom resources itself.
  const schema = strict({ ...openAPIV3Schema, properties: { ...properties, metadata: { type: 'object' } } })
  write('custom', spec.names.kind, schema)
}
