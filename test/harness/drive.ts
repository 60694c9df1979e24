import { chunkOf } from './chunk.ts'
import { QUERY, type QueryWorld } from './query-world.ts'

/** What a driver does with the task of a query, one after the other. Processing time stands at 0. */
export type Step =
  /** The next records of a partition of every source, as one chunk. */
  | { readonly kind: 'read'; readonly partition: number; readonly count: number }
  | { readonly kind: 'commit' }
  /** The task is thrown away and built again from the last commit: what came since is read again by later steps. */
  | { readonly kind: 'restart' }

export interface Driven {
  readonly rowsLate: number
  readonly commits: number
}

/** Runs the steps, then ends the input and commits. A read beyond the records that are there is a shorter read. */
export async function drive(world: QueryWorld, steps: Iterable<Step>): Promise<Driven> {
  let storage = await world.storage.state.openTask(QUERY)
  let task = await world.openTask(storage)
  let commits = 0
  const commit = async (): Promise<void> => {
    await storage.commit(task.barrier(0))
    task.committed()
    commits++
  }
  for (const step of steps) {
    if (step.kind === 'commit') await commit()
    else if (step.kind === 'restart') {
      await task.close()
      await storage.close()
      storage = await world.storage.state.openTask(QUERY)
      task = await world.openTask(storage)
    } else {
      for (const source of task.sources) {
        const position = source.position(step.partition)
        const chunk = await source.reader.read(step.partition, position, step.count, 0)
        if (chunk !== undefined) task.accept(source, chunk, 0)
      }
    }
  }
  for (const source of task.sources) {
    for (const partition of source.openPartitions) {
      task.accept(source, chunkOf(partition, [], source.position(partition), true), 0)
    }
  }
  await commit()
  let rowsLate = 0
  for (const metrics of task.metrics().values()) rowsLate += metrics.rowsLate
  await task.close()
  await storage.close()
  return { rowsLate, commits }
}
