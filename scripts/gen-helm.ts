// What the Helm chart says twice, from the place that says it first: the comments of values.yaml become descriptions in
// values.schema.json and the table of its README, and the settings of the server become what `settings` takes. With
// --check nothing is written, and a stale file is an error.

import { readFileSync, writeFileSync } from 'node:fs'
import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { z } from 'zod'
import { environmentName, SETTING_NAMES, SETTINGS, type SettingName } from '../src/server/config/config.ts'

const CHART = 'deploy/helm/weir'

interface Value {
  /** `kafka.tls.enabled` */
  readonly path: string
  readonly text: string
  readonly fallback: unknown
}

/** JSON Schema. */
interface Schema {
  description?: string
  properties?: Record<string, Schema>
}

/** Every key that has a comment, in the order of the file. A map without one is only the place of its keys. */
function documentedValues(yaml: string): readonly Value[] {
  const document = parseDocument(yaml)
  if (!isMap(document.contents)) throw new Error(`${CHART}/values.yaml is no map`)
  return valuesOf(document.contents, '')
}

function valuesOf(map: YAMLMap, prefix: string): readonly Value[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair as Pair<Node, Node | null>
    if (!isScalar(key)) throw new Error(`a key of ${CHART}/values.yaml is no text`)
    const path = `${prefix}${String(key.value)}`
    // The parser gives the comment of a first key to the map.
    const comment = key.commentBefore ?? (index === 0 && prefix !== '' ? map.commentBefore : undefined)
    if (comment !== undefined && comment !== null) {
      const text =
        comment
          .split('\n\n')
          .at(-1)
          ?.replaceAll(/\s*\n\s*/g, ' ')
          .trim() ?? ''
      return [{ path, text, fallback: (value as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null }]
    }
    if (!isMap(value)) throw new Error(`${CHART}/values.yaml: ${path} has no comment that says what it is`)
    return valuesOf(value, `${path}.`)
  })
}

/** Settings that no value of the chart stands for. */
function freeSettings(): readonly SettingName[] {
  const helpers = readFileSync(`${CHART}/templates/_helpers.tpl`, 'utf8')
  const managed = new Set([...helpers.matchAll(/^- name: (WEIR_[A-Z_]+)$/gm)].map(([, name]) => name))
  return SETTING_NAMES.filter((name) => !managed.has(environmentName(name)))
}

function settingSchema(name: SettingName): Schema {
  const { schema, text, fallback } = SETTINGS[name]
  // What a flag is read from is text as well; in values it is a boolean.
  const { $schema: _, ...rest }: Readonly<Record<string, unknown>> =
    typeof fallback === 'boolean' ? { type: 'boolean' } : z.toJSONSchema(schema as z.ZodType, { io: 'output' })
  return { description: text, ...rest }
}

function schemaText(values: readonly Value[]): string {
  const root = JSON.parse(readFileSync(`${CHART}/values.schema.json`, 'utf8')) as Schema
  for (const { path, text } of values) {
    const at = path.split('.').reduce<Schema | undefined>((schema, key) => schema?.properties?.[key], root)
    if (at === undefined) throw new Error(`${CHART}/values.schema.json has no ${path}`)
    at.description = text
  }
  const settings = root.properties?.['settings']
  if (settings !== undefined) {
    settings.properties = Object.fromEntries(freeSettings().map((name) => [name, settingSchema(name)]))
  }
  return `${JSON.stringify(root, null, 2)}\n`
}

const cell = (text: string) => text.replaceAll('|', '\\|')

function readmeText(values: readonly Value[]): string {
  const table = [
    '| value | default | |',
    '|---|---|---|',
    ...values.map(
      ({ path, text, fallback }) => `| \`${path}\` | \`${cell(JSON.stringify(fallback))}\` | ${cell(text)} |`,
    ),
  ]
  const settings = [
    '| setting | default | |',
    '|---|---|---|',
    ...freeSettings().map((name) => {
      const { text, fallback } = SETTINGS[name]
      return `| \`${name}\` | \`${JSON.stringify(fallback)}\` | ${cell(text)} |`
    }),
  ]
  const blocks = [table, settings].map((lines) => lines.join('\n'))
  return readFileSync(`${CHART}/README.md`, 'utf8').replaceAll(
    /(<!-- Generated[^>]*-->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, end: string) => `${begin}\n${blocks.shift() ?? ''}\n\n${end}`,
  )
}

const values = documentedValues(readFileSync(`${CHART}/values.yaml`, 'utf8'))
const outputs: readonly (readonly [string, string])[] = [
  [`${CHART}/values.schema.json`, schemaText(values)],
  [`${CHART}/README.md`, readmeText(values)],
]
for (const [path, text] of outputs) {
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is stale: npm run gen`)
    process.exitCode = 1
  }
}
