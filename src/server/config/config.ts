// The server's settings: read once from the environment and the command line, checked once, all faults at once.
//
// One table says everything about a setting: its flag and variable are made from its name, its text is the help and
// the documentation. A flag wins over a variable, a variable over the default.

import { z } from 'zod'
import { COMPRESSIONS } from '../../core/compression.ts'
import { AppError } from '../../core/errors.ts'
import { parseSecretReference } from '../../core/secret-reference.ts'

/** One setting: how its text is read and what it is for. */
interface Setting<T> {
  readonly text: string
  readonly schema: z.ZodType<T>
  readonly fallback: T
}

function setting<T>(text: string, schema: z.ZodType<T>, fallback: T): Setting<T> {
  return { text, schema, fallback }
}

function integer(min: number, max: number): z.ZodType<number> {
  return z.coerce.number().int().min(min).max(max)
}

const share: z.ZodType<number> = z.coerce.number().min(0).max(1)

const flag: z.ZodType<boolean> = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

/** `host:port`; an IPv6 address goes in brackets; port 0 takes any free one. */
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be host:port, such as 127.0.0.1:7878 or [::]:7878')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535, 'port must be at most 65535')

const HOUR_MS = 3_600_000

export const SETTINGS = {
  listen: setting('address to serve gRPC at, host:port; port 0 takes any free one', address, '127.0.0.1:7878'),
  insecure: setting(
    'serve other machines without TLS or without authentication: the network alone keeps strangers out',
    flag,
    false,
  ),
  advertise: setting(
    'address that other replicas reach this one at, host:port; by default that of `listen`, or the host name',
    z.union([z.literal(''), address]),
    '',
  ),
  dataDirectory: setting('folder of the log, the state and the catalog', z.string().min(1), './.weir/data'),
  kafka: setting(
    'Kafka brokers, host:port,host:port, whose topics are the log; without it the log is in the data folder',
    z.string().regex(/^$|^[^,\s:]+:\d{1,5}(,[^,\s:]+:\d{1,5})*$/, 'must be host:port,host:port'),
    '',
  ),
  kafkaPrefix: setting(
    'begins the names of topics and transactional ids; servers that share it are replicas of one deployment',
    z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, underscores and hyphens'),
    'weir',
  ),
  kafkaReplicationFactor: setting(
    'copies of each topic that is made; 0 takes the default of the brokers',
    integer(0, 15),
    0,
  ),
  kafkaCompression: setting(
    'of what is written: none, gzip, snappy, lz4, zstd; a sink may have its own',
    z.enum(COMPRESSIONS),
    'none',
  ),
  replicaName: setting(
    'name among the replicas of a deployment, the same after a restart; by default host and port',
    z.string().max(200),
    '',
  ),
  sessionTimeoutMs: setting(
    'a replica may be silent for so long before others take over its tasks, ms',
    integer(1_000, HOUR_MS),
    10_000,
  ),
  standbyReplicas: setting(
    'copies of the state of each task that other replicas keep in step, so that one of them goes on at once',
    integer(0, 3),
    0,
  ),
  threads: setting('threads that run queries over Kafka; 0 is one a core', integer(0, 256), 0),
  kafkaTls: setting('connect to the brokers with TLS', flag, false),
  kafkaCaFile: setting('certificates of the authorities that the brokers must have, PEM', z.string(), ''),
  kafkaCertFile: setting('certificate to show to the brokers, PEM', z.string(), ''),
  kafkaKeyFile: setting('its private key, PEM', z.string(), ''),
  kafkaSaslMechanism: setting(
    'how to log in to the brokers: none, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
    z.enum(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']),
    'none',
  ),
  kafkaSaslUsername: setting('user to log in as', z.string(), ''),
  // A file and no value: arguments and variables are seen by others.
  kafkaSaslPasswordFile: setting(
    'file with the password, or with the token of OAUTHBEARER; read at each login',
    z.string(),
    '',
  ),
  metricsListen: setting(
    'address of the page for Prometheus, host:port, at /metrics; without it there is none',
    z.union([z.literal(''), address]),
    '',
  ),
  consoleListen: setting(
    'address of the console, a web page, host:port; without it there is none',
    z.union([z.literal(''), address]),
    '',
  ),
  otlpEndpoint: setting(
    'collector that metrics and traces are sent to, OTLP over HTTP, such as http://127.0.0.1:4318',
    z.string().regex(/^(https?:\/\/[^\s?#@]+)?$/i, 'must be http://host:port, without user and password'),
    '',
  ),
  traceRatio: setting(
    'share of traces that are kept, 0 to 1; a call that comes with a trace decides by itself',
    share,
    0.1,
  ),
  sloLagMs: setting(
    'objective: `stream.lag_ms` of each query is below this at the 95th percentile, ms',
    integer(1, HOUR_MS * 24),
    5_000,
  ),
  sloCheckpointMs: setting(
    'objective: `checkpoint.duration_ms` of each query is below this at the 95th percentile, ms',
    integer(1, HOUR_MS),
    10_000,
  ),
  sloLateRate: setting('objective: `stream.late_event_rate` of each query is below this share, 0 to 1', share, 0.01),
  sloDuplicateRate: setting(
    'objective: `stream.duplicate_rate` of each query is below this share, 0 to 1',
    share,
    0.001,
  ),
  sloTarget: setting('share of thirty days in which the objectives have to hold, 0 to 1', share, 0.99),
  tlsCertFile: setting('certificate of the gRPC port with its chain, PEM; turns TLS on', z.string(), ''),
  tlsKeyFile: setting('its private key, PEM', z.string(), ''),
  tlsClientCaFile: setting(
    'authorities of clients, PEM: nobody connects without a certificate of one of them (mutual TLS)',
    z.string(),
    '',
  ),
  authTokensFile: setting(
    'tokens (as hashes), certificates and roles with their rights, YAML or JSON; turns authentication on',
    z.string(),
    '',
  ),
  authJwksUrl: setting(
    'keys that JWTs are signed with, a JWK Set; turns authentication on',
    z.string().regex(/^$|^https:\/\/[^\s#@]+$|^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?\//, 'must be https://…'),
    '',
  ),
  authJwksFile: setting('the same from a file', z.string(), ''),
  authJwtIssuer: setting('issuer (iss) that a JWT must have', z.string(), ''),
  authJwtAudience: setting('audience (aud) that a JWT must have', z.string(), ''),
  authJwtClaim: setting('claim with the roles of its holder', z.string().min(1), 'groups'),
  peerTokenFile: setting('token that this replica shows to others, with the grant "peer"', z.string(), ''),
  peerCaFile: setting(
    'authorities that other replicas must be of, PEM; by default those of --tls-client-ca-file, else of Node.js',
    z.string(),
    '',
  ),
  auditFile: setting(
    'file that gets a line for each change and each refused call; - is standard error, as by default with authentication',
    z.string(),
    '',
  ),
  credentialReloadMs: setting(
    'how often files of certificates, tokens and keys are looked at for a change, ms',
    integer(20, HOUR_MS),
    5_000,
  ),
  logLevel: setting(
    'least level to log: trace, debug, info, warn, error, silent',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    'info',
  ),
  reflection: setting('serve gRPC reflection (grpcurl, Postman)', flag, true),
  // grpc-js's own default, made explicit because clients see it.
  messageReceiveBytesMax: setting('largest message taken, bytes', integer(1024, 1 << 30), 4 * 1024 * 1024),
  streamsPerConnectionMax: setting('calls at once on one connection', integer(1, 100_000), 256),
  // grpc-js switches Node's own limit off; without one, a peer that never reads fills the heap.
  sessionMemoryMaxMib: setting('memory that one connection may hold, MiB', integer(1, 4096), 128),
  queriesRunningMax: setting('calls of Query at once', integer(1, 100_000), 200),
  subscriptionsMax: setting('subscriptions at once', integer(1, 1_000_000), 10_000),
  quotaQueries: setting('calls of Query at once of one client; 0 is no limit but that of all', integer(0, 100_000), 0),
  quotaSubscriptions: setting(
    'subscriptions at once of one client; 0 is no limit but that of all',
    integer(0, 1_000_000),
    0,
  ),
  quotaStreams: setting(
    'calls that stream, at once of one client: queries, subscriptions and ingest; 0 is no limit',
    integer(0, 1_000_000),
    0,
  ),
  quotaMessagesPerSecond: setting('messages that one client may send in a second; 0 is no limit', integer(0, 1e9), 0),
  quotaBytesPerSecond: setting(
    'bytes of messages that one client may send in a second; 0 is no limit',
    integer(0, 1e12),
    0,
  ),
  subscriptionsPerPeerMax: setting('subscriptions at once from one address', integer(1, 1_000_000), 1_000),
  schemaRegistryUrl: setting(
    'schema registry of the formats with schemas, where a stream names none: one or several addresses, with commas',
    z.string().regex(/^(https?:\/\/[^\s,?#@]+(,|$))*$/i, 'must be http://host:port, without user and password'),
    '',
  ),
  schemaRegistryUser: setting('user at that registry', z.string(), ''),
  schemaRegistryPassword: setting(
    `its password, by reference: \${env:NAME} or \${file:PATH}`,
    z
      .string()
      .refine((text) => text === '' || parseSecretReference(text) !== undefined, 'must be a reference to a secret'),
    '',
  ),
  ingestRecordsMax: setting('records in one ingest message', integer(1, 1_000_000), 10_000),
  executeRowsMax: setting('rows that Execute returns for one SELECT', integer(1, 10_000_000), 10_000),
  heartbeatMs: setting('time without a message after which a heartbeat is sent, ms', integer(10, HOUR_MS), 15_000),
  subscriberStallTimeoutMs: setting(
    'time that a reader may take for one message before it is cut, ms',
    integer(10, HOUR_MS),
    30_000,
  ),
  // A dead peer holds a subscription until then; most load balancers drop idle connections later than this.
  keepaliveMs: setting('time without traffic after which a connection is probed, ms', integer(1_000, HOUR_MS), 60_000),
  shutdownGraceMs: setting('time for running calls to end by themselves on shutdown, ms', integer(0, HOUR_MS), 10_000),
  // Below the 30 s after which Kubernetes kills.
  shutdownForceMs: setting('time after which shutdown stops waiting for peers, ms', integer(1, HOUR_MS), 25_000),
} as const

export type SettingName = keyof typeof SETTINGS

export type ServerConfig = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never
}

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

/** `dataDirectory` → `WEIR_DATA_DIRECTORY`. */
export function environmentName(name: SettingName): string {
  return `WEIR_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** `dataDirectory` → `data-directory`, for `--data-directory`. */
export function flagName(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

export interface ConfigSources {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** By setting name, as text or already typed. */
  readonly flags?: Readonly<Partial<Record<SettingName, unknown>>>
}

/** Every setting from flag, variable or default; one AppError that names every fault. */
export function loadConfig(sources: ConfigSources = {}): ServerConfig {
  const { environment = {}, flags = {} } = sources
  const faults: string[] = []
  const config: Partial<Record<SettingName, unknown>> = {}
  for (const name of SETTING_NAMES) {
    const { schema, fallback } = SETTINGS[name]
    const fromFlag = flags[name]
    const given = fromFlag ?? emptyAsAbsent(environment[environmentName(name)])
    if (given === undefined) {
      config[name] = fallback
      continue
    }
    const parsed = schema.safeParse(given)
    if (parsed.success) config[name] = parsed.data
    else {
      const source = fromFlag === undefined ? environmentName(name) : `--${flagName(name)}`
      faults.push(`${source}: ${parsed.error.issues.map((issue) => decapitalise(issue.message)).join(', ')}`)
    }
  }
  if (faults.length > 0) {
    throw new AppError('INVALID_ARGUMENT', `invalid configuration: ${faults.join('; ')}`, {
      hint: 'see `weir server --help` for all settings and their units',
    })
  }
  return config as ServerConfig
}

/** An orchestrator that sets a variable to nothing means the default. */
function emptyAsAbsent(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** Variables of the command line tool, which share the prefix. */
const FOREIGN_VARIABLES = [
  ...['WEIR_ADDRESS', 'WEIR_HISTORY'],
  ...['WEIR_CA_FILE', 'WEIR_CERT_FILE', 'WEIR_KEY_FILE', 'WEIR_TOKEN', 'WEIR_TOKEN_FILE'],
]
/** Kubernetes sets these for a Service that is called `weir`, so an unknown variable can't be an error. */
const SERVICE_LINK = /^WEIR_(SERVICE_|PORT)/

/** Variables with our prefix that set nothing: misspelt ones, worth a warning. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set([...SETTING_NAMES.map(environmentName), ...FOREIGN_VARIABLES])
  return Object.keys(environment).filter(
    (name) => name.startsWith('WEIR_') && !known.has(name) && !SERVICE_LINK.test(name),
  )
}

function decapitalise(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
