import type { Storage } from '../adapters/storage.ts'
import { typeName } from '../core/type.ts'
import { AGGREGATE_FUNCTIONS } from '../plan/bind/aggregates.ts'
import { SCALAR_FUNCTIONS } from '../plan/bind/functions.ts'
import { WINDOW_FUNCTIONS } from '../plan/bind/window-functions.ts'
import type { QueryEntry, Relation } from '../plan/catalog.ts'
import type { ObjectDescription, ObjectKind, ObjectSummary } from './api.ts'
import type { StoredCatalog } from './catalog.ts'
import type { Jobs } from './jobs.ts'
import { statsOfQuery, statsOfTasks, tasksOfQuery, undelivered } from './query-tasks.ts'
import { requireRelation } from './require.ts'
import type { OtherReplicas } from './view-tables.ts'

/** Where the answers are. */
export interface Inventory {
  readonly catalog: StoredCatalog
  readonly jobs: Jobs
  readonly storage: Storage
  readonly others: OtherReplicas | undefined
}

/** What there is: SHOW, DESCRIBE and the catalog service. */
export async function listObjects(kind: ObjectKind, inventory: Inventory): Promise<readonly ObjectSummary[]> {
  const { catalog, storage } = inventory
  switch (kind) {
    case 'query':
      return Promise.all(catalog.queries().map((query) => querySummary(query, inventory)))
    case 'sink':
      return Promise.all(
        catalog
          .queries()
          .filter((query) => query.kind === 'sink')
          .map(async (query) => ({ ...(await querySummary(query, inventory)), kind })),
      )
    case 'topic':
      return (await storage.log.topics()).map(({ name, partitions, bytes, offsets }) => {
        const records = offsets.reduce((sum, { start, end }) => sum + end - start, 0)
        const detail = [
          counted(partitions, 'partition'),
          counted(records, 'record'),
          ...(bytes === undefined ? [] : [counted(bytes, 'byte')]),
        ].join(', ')
        return { kind, name, detail }
      })
    case 'function':
      return [
        ...SCALAR_FUNCTIONS.filter(({ callable }) => callable).map(({ id, doc }) => ({ kind, name: id, detail: doc })),
        ...AGGREGATE_FUNCTIONS.map(({ id, doc }) => ({ kind, name: id, detail: doc })),
        ...WINDOW_FUNCTIONS.map(({ id, doc }) => ({ kind, name: id, detail: doc })),
      ]
    default:
      return catalog
        .relations()
        .filter((relation) => objectKind(relation) === kind)
        .map((relation) => ({ kind, name: relation.name, detail: relationDetail(relation) }))
  }
}

export async function describeObject(name: string, inventory: Inventory): Promise<ObjectDescription> {
  const { catalog, storage } = inventory
  const relation = catalog.relation(name)
  const query = catalog.query(name) ?? (relation && 'query' in relation ? catalog.query(relation.query) : undefined)
  if (relation === undefined && query !== undefined) {
    return {
      ...(await querySummary(query, inventory)),
      kind: query.kind === 'sink' ? 'sink' : 'query',
      sql: query.sql,
      schema: query.plan.schema,
      properties: await queryProperties(query, inventory),
    }
  }
  const found = relation ?? requireRelation(catalog, name)
  return {
    kind: objectKind(found),
    name,
    detail: relationDetail(found),
    sql: found.sql,
    schema: found.schema,
    properties: {
      ...(await relationProperties(found, storage)),
      ...(query && (await queryProperties(query, inventory))),
    },
  }
}

function objectKind(relation: Relation): ObjectKind {
  if (relation.kind === 'late-stream' || relation.kind === 'dead-letter-stream') return 'stream'
  return relation.kind
}

function relationDetail(relation: Relation): string {
  const columns = relation.schema.fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
  return columns.length > 200 ? `${columns.slice(0, 199)}…` : columns
}

async function querySummary(query: QueryEntry, { jobs, others }: Inventory): Promise<ObjectSummary> {
  const job = jobs.get(query.name)
  const state = job === undefined ? query.state : (await statsOfQuery(job, others)).state
  return { kind: 'query', name: query.name, detail: `${query.kind.replace('-', ' ')}, ${state}` }
}

/** Of all its tasks, wherever they run. */
async function queryProperties(query: QueryEntry, { jobs, others }: Inventory): Promise<Record<string, string>> {
  const job = jobs.get(query.name)
  if (job === undefined) return { query: query.name, state: query.state }
  const tasks = await tasksOfQuery(job, others)
  const stats = statsOfTasks(job, tasks)
  const properties: Record<string, string> = { query: query.name, state: stats.state }
  for (const [replica, why] of tasks.silent) properties[`replica ${replica}`] = `did not tell of its tasks: ${why}`
  if (tasks.copiesOf.size > 0)
    properties['copies in step'] = `${tasks.copiesOf.size} of ${counted(job.tasks.length, 'task')}`
  const { remaining } = stats.restore
  if (remaining > 0) properties['to restore (records)'] = String(remaining)
  if (stats.error !== undefined) properties['error'] = stats.error
  properties['rows in'] = String(stats.rowsIn)
  properties['rows out'] = String(stats.rowsOut)
  properties['rows late'] = String(stats.rowsLate)
  properties['rows failed'] = String(stats.rowsFailed)
  properties['duplicates'] = String(stats.rowsDuplicate)
  if (stats.recordsSkipped > 0) properties['records skipped'] = String(stats.recordsSkipped)
  properties['watermark'] = Number.isFinite(stats.watermark) ? new Date(stats.watermark).toISOString() : 'none'
  if (stats.lagRecords !== undefined) properties['lag (records)'] = String(stats.lagRecords)
  const waiting = undelivered(job, tasks)
  if (waiting !== undefined) properties['to deliver (records)'] = String(waiting)
  properties['state (bytes)'] = String(stats.stateBytes)
  properties['epoch'] = String(stats.epoch)
  if (stats.lagMsP95 !== undefined) properties['lag p95 (ms)'] = stats.lagMsP95.toFixed(0)
  properties['checkpoint p95 (ms)'] = stats.checkpointMsP95.toFixed(1)
  return properties
}

async function relationProperties(relation: Relation, storage: Storage): Promise<Record<string, string>> {
  const properties: Record<string, string> = { changelog: relation.schema.mode }
  const { fields, key, timeColumn } = relation.schema
  if (key.length > 0) properties['key'] = key.map((column) => fields[column]?.name).join(', ')
  if (timeColumn !== undefined) properties['event time'] = fields[timeColumn]?.name ?? ''
  if (relation.kind === 'stream' || relation.kind === 'table') {
    properties['connector'] = relation.connector.kind
    properties['format'] = `${relation.format.envelope} ${relation.format.encoding}`
    if (relation.deadLetter !== undefined) properties['dead letters'] = relation.deadLetter
  }
  const topic = 'topic' in relation ? relation.topic : undefined
  const info = topic === undefined ? undefined : await storage.log.topic(topic)
  if (info !== undefined) {
    properties['results kept'] = String(info.offsets.reduce((sum, { start, end }) => sum + end - start, 0))
  }
  return properties
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
