// The `server.properties` of a broker that is also a controller. What differs from Kafka's defaults makes it start
// quickly and stay small; nothing changes what a client sees, except that topics are not made by a typing error.

export interface BrokerSettings {
  readonly nodeId: number
  /** Where the controllers of all nodes listen, in the order of the nodes. */
  readonly controllers: readonly { readonly nodeId: number; readonly address: string }[]
  readonly dataDirectory: string
  readonly listeners: readonly BoundListener[]
  /** Whatever a test needs otherwise; stands last and wins. */
  readonly properties: Readonly<Record<string, string>>
}

/** One listener of one broker. */
export interface BoundListener {
  readonly name: string
  readonly bind: string
  readonly advertise: string
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  /** Without the prefix `listener.name.NAME.`. */
  readonly properties: Readonly<Record<string, string>>
}

/** Brokers talk to each other here, and clients to them when nothing else is asked for. */
export const PLAIN_LISTENER = 'PLAINTEXT'
const CONTROLLER_LISTENER = 'CONTROLLER'
/** Kafka's 50 partitions of offsets and of transactions take seconds to make; five still spread over three brokers. */
const INTERNAL_PARTITIONS = 5
/** Kafka's own is 128 MB of heap from the first moment on. */
const CLEANER_BUFFER_BYTES = 2 * 1024 * 1024
/** Kafka's own is 6 s. Tests of lost members can't wait for that. */
const SESSION_TIMEOUT_MIN_MS = 1_000
/**
 * How long the controller believes in a broker that says nothing. Kafka's own is 9 s, which is what a broker that was
 * stopped, even in order, waits when it comes back: until then its new process is taken for a second one.
 */
const BROKER_SESSION_TIMEOUT_MS = 3_000
const BROKER_HEARTBEAT_MS = 500

export function brokerProperties(settings: BrokerSettings): Readonly<Record<string, string>> {
  const { nodeId, controllers, dataDirectory, listeners } = settings
  const own = controllers.find((controller) => controller.nodeId === nodeId)
  const replicas = String(controllers.length)
  const inSyncMin = String(Math.ceil(controllers.length / 2))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': controllers.map(({ nodeId: id, address }) => `${id}@${address}`).join(','),
    'controller.listener.names': CONTROLLER_LISTENER,
    'inter.broker.listener.name': PLAIN_LISTENER,
    listeners: [
      ...listeners.map(({ name, bind }) => `${name}://${bind}`),
      `${CONTROLLER_LISTENER}://${own?.address}`,
    ].join(','),
    'advertised.listeners': listeners.map(({ name, advertise }) => `${name}://${advertise}`).join(','),
    'listener.security.protocol.map': [
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
      `${CONTROLLER_LISTENER}:PLAINTEXT`,
    ].join(','),
    'log.dirs': dataDirectory,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSyncMin,
    'offsets.topic.num.partitions': String(INTERNAL_PARTITIONS),
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': String(INTERNAL_PARTITIONS),
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSyncMin,
    'share.coordinator.state.topic.num.partitions': String(INTERNAL_PARTITIONS),
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSyncMin,
    'broker.session.timeout.ms': String(BROKER_SESSION_TIMEOUT_MS),
    'broker.heartbeat.interval.ms': String(BROKER_HEARTBEAT_MS),
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': String(SESSION_TIMEOUT_MIN_MS),
    'log.cleaner.dedupe.buffer.size': String(CLEANER_BUFFER_BYTES),
    ...Object.fromEntries(
      listeners.flatMap(({ name, properties }) =>
        Object.entries(properties).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value]),
      ),
    ),
    ...settings.properties,
  }
}

/** As a Java properties file. */
export function propertiesText(properties: Readonly<Record<string, string>>): string {
  const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${escaped(value)}\n`)
    .join('')
}
