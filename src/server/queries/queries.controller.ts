// Handlers of QueryService: translate and delegate.

import { Inject } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { withoutHint } from '../errors/without-names.ts'
import { type CallContext, CallHost } from '../grpc/call-host.ts'
import { type GrpcService, withEncodedResponses } from '../grpc/grpc-service.ts'
import type { GrpcWriter } from '../grpc/grpc-writer.ts'
import { pageOf } from '../grpc/page.ts'
import { QUERY_SERVICE } from '../grpc/protos.ts'
import { Quotas } from '../grpc/quotas.ts'
import { Slots } from '../grpc/slots.ts'
import { type ResultMessage, writeResults } from '../grpc/write-results.ts'
import type { AnalyzeQueryResponseInput } from '../proto/weir/v1/AnalyzeQueryResponse.ts'
import type { DescribeQueryResponseInput } from '../proto/weir/v1/DescribeQueryResponse.ts'
import type { ListObjectivesRequest } from '../proto/weir/v1/ListObjectivesRequest.ts'
import type { ListObjectivesResponseInput } from '../proto/weir/v1/ListObjectivesResponse.ts'
import type { ListQueriesRequest } from '../proto/weir/v1/ListQueriesRequest.ts'
import type { ListQueriesResponseInput } from '../proto/weir/v1/ListQueriesResponse.ts'
import type { QueryServiceHandlers } from '../proto/weir/v1/QueryService.ts'
import type { Value as WireValue } from '../proto/weir/v1/Value.ts'
import { SloService } from '../slo/slo.service.ts'
import { CONFIG, RUNTIME } from '../tokens.ts'
import { toWireDiagnostic } from '../wire/schema.ts'
import { parameterOf } from '../wire/value.ts'
import { toWireAnalysis, toWireDescription, toWireObjective, toWireSummary } from './queries.mapper.ts'
import { QueriesService, type Script } from './queries.service.ts'

interface ScriptRequest {
  readonly sql: string
  readonly parameters: readonly WireValue[]
  readonly settings: Readonly<Record<string, string>>
}

export class QueriesController implements GrpcService {
  readonly definition = withEncodedResponses(QUERY_SERVICE, 'Query')
  readonly implementation: QueryServiceHandlers
  readonly #runtime: Runtime
  readonly #queries: QueriesService
  readonly #slo: SloService
  readonly #slots: Slots
  readonly #quotas: Quotas
  readonly #heartbeatMs: number

  constructor(
    @Inject(CallHost) calls: CallHost,
    @Inject(QueriesService) queries: QueriesService,
    @Inject(SloService) slo: SloService,
    @Inject(RUNTIME) runtime: Runtime,
    @Inject(CONFIG) config: ServerConfig,
    @Inject(Quotas) quotas: Quotas,
  ) {
    this.#quotas = quotas
    this.#runtime = runtime
    this.#queries = queries
    this.#slo = slo
    this.#heartbeatMs = config.heartbeatMs
    this.#slots = new Slots({ what: 'running queries', total: config.queriesRunningMax })
    this.implementation = {
      Execute: calls.unary((request, context) => this.#execute(request, context)),
      Validate: calls.unary(async ({ sql }, { caller }) => {
        const diagnostics = await queries.validate(sql, caller)
        const shown = caller.principal.rights.seeAll ? diagnostics : diagnostics.map(withoutHint)
        return { diagnostics: shown.map(toWireDiagnostic) }
      }),
      Explain: calls.unary(async (request, context) => ({ text: await queries.explain(scriptOf(request, context)) })),
      Query: calls.serverStream((request, writer, context) => this.#query(request, writer, context)),
      ListQueries: calls.unary((request, context) => this.#list(request, context)),
      DescribeQuery: calls.unary(({ name }) => this.#describe(name)),
      AnalyzeQuery: calls.unary(({ name }) => this.#analyze(name)),
      ListObjectives: calls.unary((request, context) => this.#objectives(request, context)),
      PauseQuery: calls.unary(({ name }) => runtime.pause(name).then(empty)),
      ResumeQuery: calls.unary(({ name }) => runtime.resume(name).then(empty)),
      DropQuery: calls.unary(({ name }) => runtime.drop(name).then(empty)),
    }
  }

  async #execute(request: ScriptRequest, context: CallContext) {
    const script = scriptOf(request, context)
    const results = await this.#queries.execute(script)
    return { results, settings: Object.fromEntries(script.session) }
  }

  async #query(request: ScriptRequest, writer: GrpcWriter<ResultMessage>, context: CallContext): Promise<void> {
    using _held = this.#quotas.hold('queries', context)
    const release = this.#slots.take(context.peer)
    try {
      const results = await this.#queries.query(scriptOf(request, context))
      await writeResults(results, writer, context, { heartbeatMs: this.#heartbeatMs })
    } finally {
      release()
    }
  }

  async #objectives(request: ListObjectivesRequest, { caller }: CallContext): Promise<ListObjectivesResponseInput> {
    const { items, nextPageToken } = pageOf(
      (await this.#slo.report()).filter(({ query }) => caller.sees('relation', query)),
      ({ query, indicator }) => `${query}\0${indicator}`,
      request,
      'objectives',
    )
    return { objectives: items.map(toWireObjective), nextPageToken }
  }

  async #list(request: ListQueriesRequest, { caller }: CallContext): Promise<ListQueriesResponseInput> {
    const { items, nextPageToken } = pageOf(
      (await this.#runtime.list('query')).filter(({ name }) => caller.sees('relation', name)),
      (query) => query.name,
      request,
      'queries',
    )
    const queries = await Promise.all(
      items.map(async ({ name, detail }) => toWireSummary(name, detail, await this.#runtime.stats(name))),
    )
    return { queries, nextPageToken }
  }

  async #analyze(name: string): Promise<AnalyzeQueryResponseInput> {
    const analysis = await this.#runtime.analyze(name)
    return toWireAnalysis(analysis, (await this.#runtime.describe(name)).detail)
  }

  async #describe(name: string): Promise<DescribeQueryResponseInput> {
    const stats = await this.#runtime.stats(name)
    return toWireDescription(await this.#runtime.describe(name), stats)
  }
}

function scriptOf({ sql, parameters, settings }: ScriptRequest, { signal, caller }: CallContext): Script {
  const session = new Map(Object.entries(settings))
  return { sql, parameters: parameters.map(parameterOf), session, signal, access: caller }
}

function empty(): Record<string, never> {
  return {}
}
