import { randomUUID } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { parse } from '../../grammar/index.ts'
import type { Storage } from '../adapters/storage.ts'
import { must } from '../core/assert.ts'
import { AppError } from '../core/errors.ts'
import { partitionOf } from '../core/murmur2.ts'
import type { Schema } from '../core/schema.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { OutputRecord } from '../engine/ports/log.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import { isLogConnector } from '../plan/connectors.ts'
import type { Access } from './access.ts'
import type {
  ExecuteOptions,
  IngestRequest,
  IngestResult,
  ObjectDescription,
  ObjectKind,
  ObjectSummary,
  QueryOptions,
  QueryStats,
  ResultStream,
  Runtime,
  StatementResult,
  SubscribeOptions,
} from './api.ts'
import { StoredCatalog } from './catalog.ts'
import { analysisText, analyzeQuery, type QueryAnalysis } from './explain-analyze.ts'
import { FinishedWriters } from './finished-writers.ts'
import { handOver } from './hand-over.ts'
import { describeObject, type Inventory, listObjects } from './inventory.ts'
import type { Job } from './job.ts'
import { Jobs } from './jobs.ts'
import { DEFAULT_LIMITS, type RuntimeLimits } from './limits.ts'
import { LogReplicas } from './log-replicas.ts'
import { openSubscription } from './open-subscription.ts'
import type { Peers, PeerTablePage, PeerTableRequest, PeerTasksRequest } from './peers.ts'
import { activityOfJob, type QueryActivity } from './query-activity.ts'
import { statsOfQuery, tasksForPeer } from './query-tasks.ts'
import type { Replicas } from './replicas.ts'
import { requireRelation, requireStream } from './require.ts'
import { SingleReplica } from './single-replica.ts'
import { Statements } from './statements.ts'
import { LocalTaskHost, type TaskHost, type TaskHostEvents } from './task-host.ts'
import type { TaskStats } from './task-loop.ts'
import { ThreadTaskHost } from './threads/thread-task-host.ts'
import { TopicDiscovery } from './topic-discovery.ts'
import { writableTopic } from './topics.ts'
import { carryingTrace } from './tracing.ts'
import type { ReadView } from './transient-host.ts'
import { type OtherReplicas, ViewTables } from './view-tables.ts'

/**
 * Weir in one process: a storage, a catalog, and the jobs of its queries. The server puts gRPC before it, the CLI runs
 * scripts on it; both see only `Runtime`.
 */
export interface RuntimeOptions {
  readonly storage: Storage
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly limits?: Partial<RuntimeLimits>
  /** Where the tasks of queries run; by default in this thread. */
  readonly threads?: TaskThreads | undefined
  /** This process among those that share the log. */
  readonly replica?: ReplicaOptions
  /** Where `print` sinks write. */
  readonly print?: (line: string) => void
  readonly onJobFailure?: (query: string, error: unknown, willRetry: boolean) => void
}

/** Threads that serve tasks of the same storage (`serveTasks`). */
export interface TaskThreads {
  readonly count: number
  readonly spawn: () => Worker
}

export interface ReplicaOptions {
  /** Stable over restarts: a restart keeps its tasks. */
  readonly name: string
  /** Where others reach it, host:port. */
  readonly address: string
  /** It may be silent for so long before others take over its tasks. */
  readonly sessionTimeoutMs: number
  /** Copies of each task's state that are kept in step on other replicas; 0 by default. */
  readonly standbyReplicas?: number
  /** How it asks them; undefined where nobody serves them. Closed with the runtime. */
  readonly peers?: Peers
}

/** How often topics lose what retention no longer keeps. */
const RETENTION_INTERVAL_MS = 60_000

export class WeirRuntime implements Runtime {
  readonly limits: RuntimeLimits
  readonly #options: RuntimeOptions
  readonly #catalog: StoredCatalog
  readonly #replicas: Replicas
  readonly #jobs: Jobs
  readonly #discovery: TopicDiscovery
  readonly #finished: FinishedWriters
  readonly #others: OtherReplicas | undefined
  readonly #tables: ViewTables
  readonly #statements: Statements
  readonly #closing = new AbortController()
  #ready = false
  #closed: Promise<void> | undefined
  #roundRobin = 0

  private constructor(options: RuntimeOptions, replicas: Replicas) {
    this.#replicas = replicas
    this.#options = options
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    const onUnreadable = (key: string, error: unknown) => options.onJobFailure?.(key, error, false)
    this.#catalog = new StoredCatalog(options.storage.catalog, onUnreadable)
    this.#jobs = new Jobs({
      ...options,
      catalog: this.#catalog,
      limits: this.limits,
      replicas,
      openHost: (events) => this.#openHost(events),
    })
    const { catalog, host } = { catalog: this.#catalog, host: this.#jobs.host }
    this.#discovery = new TopicDiscovery({ ...options, catalog: this.#catalog })
    this.#others = others(options, replicas)
    this.#finished = new FinishedWriters(this.#jobs, options.clock, this.#others)
    this.#tables = new ViewTables({ host, catalog, clock: options.clock, others: this.#others })
    this.#statements = new Statements({
      ...options,
      catalog,
      jobs: this.#jobs,
      limits: this.limits,
      others: this.#others,
    })
  }

  /** Opens what the storage holds and starts its queries; `ready` once all of them have recovered. */
  static async open(options: RuntimeOptions): Promise<WeirRuntime> {
    const runtime = new WeirRuntime(options, await openReplicas(options))
    await runtime.#statements.removeLeftovers()
    void runtime.#jobs.recover().then(() => {
      runtime.#ready = true
    })
    void runtime.#keepRetention()
    void runtime.#discovery.run(runtime.#closing.signal)
    const reconcile = () => void runtime.#jobs.reconcile()
    const stops = [runtime.#catalog.onChange(reconcile), runtime.#replicas.onChange(reconcile)]
    for (const stop of stops) {
      runtime.#closing.signal.addEventListener('abort', stop, { once: true })
    }
    return runtime
  }

  get ready(): boolean {
    return this.#ready
  }

  get catalog(): StoredCatalog {
    return this.#catalog
  }

  execute(sql: string, options: ExecuteOptions = {}): AsyncIterable<StatementResult> {
    return this.#statements.execute(sql, options)
  }

  validate(sql: string, access?: Access): Promise<readonly Diagnostic[]> {
    return this.#statements.validate(sql, access)
  }

  async query(sql: string, options: QueryOptions = {}): Promise<ResultStream> {
    const { statements, diagnostics } = parse(sql)
    if (diagnostics.some(({ severity }) => severity === 'error')) throw invalidSql(diagnostics)
    const [statement] = statements
    if (statements.length !== 1 || (statement?.kind !== 'query' && statement?.kind !== 'print')) {
      throw new AppError('INVALID_ARGUMENT', 'a query call takes exactly one SELECT or PRINT', {
        hint: 'Send other statements to Execute.',
      })
    }
    return this.#statements.query(statement, options)
  }

  async subscribe(name: string, options: SubscribeOptions = {}): Promise<ResultStream> {
    return openSubscription(name, options, this.#catalog, { ...this.#options, tables: this.#tables })
  }

  async ingest(request: IngestRequest): Promise<IngestResult> {
    const { records, producerId, sequence } = request
    const stream = requireStream(this.#catalog, request.stream)
    if (!isLogConnector(stream.connector.kind)) {
      throw new AppError('FAILED_PRECONDITION', `stream "${stream.name}" reads connector '${stream.connector.kind}'`, {
        hint: 'Only streams on the log of the server take rows.',
      })
    }
    this.#limitIngest(request)
    const topic = writableTopic(stream)
    const partitions = (await this.#options.storage.log.topic(topic))?.partitions ?? 1
    const nowMs = this.#options.clock.nowMs()
    const output = records.map(({ key, value, timestampMs }) => ({
      key: key ?? null,
      value,
      timestamp: timestampMs ?? nowMs,
    }))
    if (producerId !== undefined) {
      // All of one producer goes to one partition: its sequences are then consecutive there, which is what dedup needs.
      const partition = partitionOf(new TextEncoder().encode(producerId), partitions)
      const result = await this.#options.storage.log.append(topic, partition, carryingTrace(output), {
        producerId,
        sequence: sequence ?? 0,
      })
      return { appended: result.appended, duplicates: result.duplicates }
    }
    await Promise.all(
      [...this.#byPartition(output, partitions)].map(([partition, part]) =>
        this.#options.storage.log.append(topic, partition, carryingTrace(part)),
      ),
    )
    return { appended: output.length, duplicates: 0 }
  }

  list(kind: ObjectKind): Promise<readonly ObjectSummary[]> {
    return listObjects(kind, this.#inventory)
  }

  describe(name: string): Promise<ObjectDescription> {
    return describeObject(name, this.#inventory)
  }

  schemaOf(name: string): Schema | undefined {
    return requireRelation(this.#catalog, name).schema
  }

  async pause(query: string): Promise<void> {
    await this.#jobs.pause(this.#queryOf(query))
  }

  async resume(query: string): Promise<void> {
    await this.#jobs.resume(this.#queryOf(query))
  }

  async drop(name: string): Promise<void> {
    await this.#statements.drop(name)
  }

  async stats(query: string): Promise<QueryStats> {
    return statsOfQuery(this.#job(query), this.#others)
  }

  async statsOfAll(): Promise<ReadonlyMap<string, QueryStats>> {
    const jobs = this.#jobs.all()
    const stats = await Promise.all(jobs.map((job) => statsOfQuery(job, this.#others)))
    return new Map(jobs.map(({ entry }, at) => [entry.name, must(stats[at], 'one of each')]))
  }

  activityHere(): Promise<readonly QueryActivity[]> {
    return Promise.all(this.#jobs.all().map(activityOfJob))
  }

  async analyze(query: string): Promise<QueryAnalysis & { readonly text: string }> {
    const { clock } = this.#options
    const analysis = await analyzeQuery(this.#job(query), clock, this.#others)
    return { ...analysis, text: analysisText(analysis, clock.nowMs()) }
  }

  readTableForPeer(request: PeerTableRequest): AsyncIterable<PeerTablePage> {
    return this.#tables.readForPeer(request)
  }

  describeTasksForPeer(request: PeerTasksRequest): Promise<ReadonlyMap<string, TaskStats>> {
    return tasksForPeer(request, this.#jobs, this.#others)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { clock, replica } = this.#options
    await this.#statements.closeTransient()
    await handOver(this.#replicas, clock, replica?.standbyReplicas)
    this.#closing.abort()
    await this.#jobs.stopAll()
    await this.#replicas.close()
    await replica?.peers?.close()
    await this.#options.storage.close()
  }

  #openHost(events: TaskHostEvents): TaskHost {
    const { storage, formats, clock, threads, print = () => {} } = this.#options
    const hasFinished = (relation: string) => this.#finished.has(relation)
    const readView: ReadView = (request, signal) => this.#tables.readView(request, signal)
    const surroundings = { clock, events, hasFinished, readView, print }
    if (threads !== undefined) {
      return new ThreadTaskHost({ ...surroundings, threads: threads.count, spawn: threads.spawn })
    }
    const { memoryEntriesMax } = this.limits
    return new LocalTaskHost({ ...surroundings, log: storage.log, state: storage.state, formats, memoryEntriesMax })
  }

  get #inventory(): Inventory {
    return { catalog: this.#catalog, jobs: this.#jobs, storage: this.#options.storage, others: this.#others }
  }

  #job(query: string): Job {
    const name = this.#queryOf(query).name
    const job = this.#jobs.get(name)
    if (job === undefined) throw new AppError('FAILED_PRECONDITION', `query "${name}" does not run`)
    return job
  }

  #queryOf(name: string): QueryEntry {
    const query = this.#catalog.query(name)
    if (query !== undefined) return query
    requireRelation(this.#catalog, name)
    throw new AppError('FAILED_PRECONDITION', `"${name}" is not a query`, {
      hint: 'SHOW QUERIES lists those that run.',
    })
  }

  #limitIngest({ records, stream }: IngestRequest): void {
    const { ingestRecordsMax, recordBytesMax } = this.limits
    if (records.length > ingestRecordsMax) {
      throw new AppError('RESOURCE_EXHAUSTED', `${records.length} records in one call; at most ${ingestRecordsMax}`, {
        hint: 'Send smaller batches.',
      })
    }
    const large = records.find(({ key, value }) => value.length + (key?.length ?? 0) > recordBytesMax)
    if (large !== undefined) {
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        `a record of ${large.value.length} bytes for stream "${stream}"; at most ${recordBytesMax}`,
        { hint: 'Raise limits.recordBytesMax, or store large values elsewhere and send a reference.' },
      )
    }
  }

  #byPartition(records: readonly OutputRecord[], partitions: number): Map<number, OutputRecord[]> {
    const parts = new Map<number, OutputRecord[]>()
    const keyless = this.#roundRobin++ % partitions
    for (const record of records) {
      const partition = record.key === null ? keyless : partitionOf(record.key, partitions)
      const part = parts.get(partition)
      if (part === undefined) parts.set(partition, [record])
      else part.push(record)
    }
    return parts
  }

  async #keepRetention(): Promise<void> {
    const { clock, storage } = this.#options
    while (!this.#closing.signal.aborted) {
      await clock.sleepUntil(clock.nowMs() + RETENTION_INTERVAL_MS, this.#closing.signal)
      if (!this.#closing.signal.aborted) await storage.log.enforceRetention(clock.nowMs())
    }
  }
}

/** The error for a text that does not parse or bind: the first diagnostic is the message, all of them are attached. */
export function invalidSql(diagnostics: readonly Diagnostic[]): AppError {
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0]
  return new AppError('INVALID_SQL', first?.message ?? 'the statement is not valid', {
    diagnostics,
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
  })
}

function others({ storage, replica }: RuntimeOptions, replicas: Replicas): OtherReplicas | undefined {
  const { partitioned } = storage
  return partitioned && { replicas, peers: replica?.peers, deployment: partitioned.deployment }
}

async function openReplicas({ storage, clock, replica, threads, onJobFailure }: RuntimeOptions): Promise<Replicas> {
  if (storage.partitioned === undefined) return new SingleReplica(1)
  const { name, address, sessionTimeoutMs, standbyReplicas } = must(replica, 'a replica has a name')
  return LogReplicas.open({
    log: storage.partitioned.heartbeats,
    clock,
    name,
    address,
    threads: threads?.count ?? 1,
    sessionTimeoutMs,
    standbyReplicas: standbyReplicas ?? 0,
    process: randomUUID(),
    onFailure: (error) => onJobFailure?.('(replicas)', error, true),
  })
}
