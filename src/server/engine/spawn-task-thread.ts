import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ServerConfig } from '../config/config.ts'

/** Beside this file, as source or as built. */
const ENTRY = new URL(`./task-thread${extname(import.meta.url)}`, import.meta.url)

/** A thread that runs tasks over the Kafka of these settings. */
export function spawnTaskThread(config: ServerConfig): Worker {
  return new Worker(ENTRY, { workerData: config, name: 'weir-tasks' })
}
