import { KafkaCluster } from '../../scripts/kafka/kafka-cluster.ts'
import { type NetworkNamespace, TestNetwork } from '../harness/network-namespace.ts'
import { BROKER_FAULTS, type ReplicaFault } from './replica-faults.ts'

/** The brokers that a fault needs for itself: three where they are struck, and a cable that can be cut. */
export interface FaultBrokers {
  readonly bootstrap: string
  readonly cluster: KafkaCluster
  readonly cable: Cable | undefined
  close(): Promise<void>
}

/** What one of the replicas is behind. */
export interface Cable {
  readonly namespace: NetworkNamespace
  /** Where it finds the brokers. */
  readonly bootstrap: string
}

const NETWORK_LISTENER = 'NETWORK'

export async function startBrokers(fault: ReplicaFault): Promise<FaultBrokers> {
  const network = fault === 'cut' ? await TestNetwork.create() : undefined
  const cluster = await KafkaCluster.start({
    brokers: BROKER_FAULTS.some((one) => one === fault) ? 3 : 1,
    ...(network === undefined ? {} : { listeners: [{ name: NETWORK_LISTENER, host: network.hostAddress }] }),
  })
  return {
    bootstrap: cluster.bootstrap,
    cluster,
    cable: network && { namespace: await network.addNamespace(), bootstrap: cluster.bootstrapOf(NETWORK_LISTENER) },
    close: async () => {
      await cluster.close()
      await network?.close()
    },
  }
}
