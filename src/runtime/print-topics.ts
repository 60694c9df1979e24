import { errorAt, type Print } from '../../grammar/index.ts'
import { AppError } from '../core/errors.ts'
import { didYouMean } from '../plan/bind/did-you-mean.ts'
import { isLogConnector } from '../plan/connectors.ts'
import { patternOf } from '../plan/physical/scan-topics.ts'
import type { SessionOptions, StatementsOptions } from './statements.ts'
import { TopicPrint } from './topic-print.ts'
import { sourceTopic } from './topics.ts'
import { invalidSql } from './weir-runtime.ts'

/** PRINT statements of readers, and those of them that run. */
export class PrintTopics {
  readonly #options: StatementsOptions
  readonly #open = new Set<TopicPrint>()

  constructor(options: StatementsOptions) {
    this.#options = options
  }

  async open(statement: Print, { session, signal }: SessionOptions): Promise<TopicPrint> {
    const { storage, limits } = this.#options
    if (this.#open.size >= limits.transientQueriesMax) {
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        `${this.#open.size} topics are printed; at most ${limits.transientQueriesMax}`,
        {
          domain: 'external',
          retry: true,
          hint: 'End one first.',
        },
      )
    }
    const { name, offsets } = await this.#topicOf(statement)
    const fromBeginning = statement.fromBeginning || session.get('scan.startup.mode') === 'earliest'
    const bounded = session.get('scan.bounded.mode') === 'latest-offset'
    const limit = statement.limit === undefined ? undefined : Number(statement.limit)
    const print: TopicPrint = new TopicPrint({
      reader: await storage.log.openReader(name),
      from: offsets.map(({ start, end }) => (fromBeginning ? start : end)),
      to: bounded ? offsets.map(({ end }) => end) : undefined,
      limit,
      signal,
      onClose: () => this.#open.delete(print),
    })
    this.#open.add(print)
    return print
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((print) => print.close()))
  }

  /** A topic of the name, else the topic of the stream or view of the name. */
  async #topicOf({ topic: { name, span } }: Print) {
    const { catalog, storage } = this.#options
    const found = await storage.log.topic(name).catch((error: unknown) => {
      // A name that no topic can have.
      if (error instanceof AppError && error.code === 'INVALID_ARGUMENT') return undefined
      throw error
    })
    if (found !== undefined) return found
    const behind = this.#topicBehind(name)
    const its = behind === undefined ? undefined : await storage.log.topic(behind)
    if (its !== undefined) return its
    const relation = catalog.relation(name)
    if (relation !== undefined) {
      const message = `${relation.kind.replaceAll('-', ' ')} "${name}" has no topic to print`
      throw invalidSql([errorAt(span, 'INVALID_QUERY', message, { hint: `SELECT * FROM ${name} shows its rows.` })])
    }
    const topics = await storage.log.topicNames()
    const readable = catalog.relations().filter((one) => this.#topicBehind(one.name) !== undefined)
    const names = [...new Set([...topics, ...readable.map((one) => one.name)])].sort()
    const hint = didYouMean(name, names, 'There are') ?? 'SHOW TOPICS lists the topics there are.'
    throw invalidSql([errorAt(span, 'UNKNOWN_TOPIC', `there is no topic "${name}"`, { hint })])
  }

  #topicBehind(name: string): string | undefined {
    const relation = this.#options.catalog.relation(name)
    if (relation === undefined || relation.kind === 'view') return undefined
    if ('topic' in relation) return relation.topic
    const isOneTopic = isLogConnector(relation.connector.kind) && patternOf(relation) === undefined
    return isOneTopic ? sourceTopic(relation).name : undefined
  }
}
