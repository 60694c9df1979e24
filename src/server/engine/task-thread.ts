// Entry of a thread that runs tasks over Kafka: a composition root like open-runtime, of what a task needs, with
// connections and caches of its own.

import { parentPort, workerData } from 'node:worker_threads'
import { formatRegistry } from '../../adapters/formats/registry.ts'
import { openKafkaPorts } from '../../adapters/kafka/kafka-storage.ts'
import { SystemClock } from '../../adapters/system-clock.ts'
import { must } from '../../core/assert.ts'
import { DEFAULT_LIMITS } from '../../runtime/limits.ts'
import { LocalTaskHost } from '../../runtime/task-host.ts'
import { serveTasks } from '../../runtime/threads/serve-tasks.ts'
import type { ServerConfig } from '../config/config.ts'
import { startTracing } from '../telemetry/tracing.ts'
import { defaultRegistry, kafkaStorageOptions } from './adapter-options.ts'

const config = workerData as ServerConfig
startTracing(config)
const ports = openKafkaPorts(kafkaStorageOptions(config))

serveTasks(must(parentPort, 'a thread has a port'), (surroundings) => {
  const { memoryEntriesMax } = DEFAULT_LIMITS
  const formats = formatRegistry({ schemaRegistry: defaultRegistry(config) })
  return new LocalTaskHost({ ...ports, ...surroundings, formats, clock: new SystemClock(), memoryEntriesMax })
})
