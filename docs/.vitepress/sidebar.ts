// The pages of the site, in the order of reading. A test finds a page of docs/ that is not here.

export interface Page {
  readonly text: string
  /** From the root of the repository, without `.md`. */
  readonly link: string
}

export interface Chapter {
  readonly text: string
  readonly items: readonly Page[]
}

const page = (text: string, link: string): Page => ({ text, link: `/${link}` })

export const SIDEBAR: readonly Chapter[] = [
  {
    text: 'Begin',
    items: [
      page('What Weir is', 'README'),
      page('Documentation', 'docs/README'),
      page('Live order counts', 'examples/live-order-counts/README'),
      page('Dispatch, each once', 'examples/dispatch-dedup/README'),
      page('Error-rate alerts', 'examples/error-rate/README'),
      page('Clickstream sessions', 'examples/clickstream-sessions/README'),
      page('Orders with their users', 'examples/order-enrichment/README'),
      page('A read model by CDC', 'examples/cdc-read-model/README'),
    ],
  },
  {
    text: 'SQL',
    items: [
      page('The dialect', 'docs/sql/README'),
      page('Streams and tables', 'docs/sql/streams'),
      page('Time and watermarks', 'docs/sql/time'),
      page('Windows', 'docs/sql/windows'),
      page('Queries', 'docs/sql/queries'),
      page('Joins', 'docs/sql/joins'),
      page('Patterns of rows', 'docs/sql/match-recognize'),
      page('Statements', 'docs/sql/statements'),
      page('Types', 'docs/sql/types'),
      page('Functions', 'docs/sql/functions'),
      page('Formats', 'docs/sql/formats'),
      page('Options', 'docs/sql/options'),
      page('Grammar', 'docs/sql/grammar'),
      page('What runs and what not yet', 'docs/sql/status'),
      page('Decisions of the dialect', 'docs/sql/decisions'),
      page('Graduating to Flink', 'docs/sql/flink'),
    ],
  },
  {
    text: 'Use',
    items: [
      page('The weir command', 'docs/cli'),
      page('The console', 'docs/console'),
      page('Testing queries', 'docs/testing'),
      page('Clients', 'docs/clients'),
      page('TypeScript', 'clients/typescript/README'),
      page('Python', 'clients/python/README'),
      page('Go', 'clients/go/README'),
      page('Java', 'clients/java/README'),
      page('PostgreSQL and Redis', 'docs/connectors'),
    ],
  },
  {
    text: 'Operate',
    items: [
      page('Weir over Kafka', 'docs/kafka'),
      page('Deployment', 'docs/deploy'),
      page('Security', 'docs/security'),
      page('How a server does', 'docs/telemetry'),
      page('Metrics', 'docs/metrics'),
      page('Faults', 'docs/faults'),
    ],
  },
  {
    text: 'Inside',
    items: [
      page('Architecture', 'docs/ARCHITECTURE'),
      page('Contributing', 'CONTRIBUTING'),
      page('How it is tested', 'test/README'),
      page('Benchmarks', 'bench/README'),
      page('Changes', 'CHANGELOG'),
    ],
  },
]
