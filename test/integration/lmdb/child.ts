/**
 * A process that works on a data directory until it is killed. Each epoch adds one to a counter in state, appends one
 * record with the epoch to the topic, and commits with the epoch as the input position: after any death all three are
 * equal. Beside it, ingest appends numbered records and prints the number only when they are durable.
 */
import { openDataDirectory } from '../../../src/adapters/embedded/data-directory.ts'
import { AppError } from '../../../src/core/errors.ts'

const [path = '', mode = 'work'] = process.argv.slice(2)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function work(): Promise<void> {
  const directory = await openDataDirectory(path)
  say('open')
  if (mode === 'read') {
    for (const { name, offsets } of await directory.log.topics()) {
      const reader = await directory.log.openReader(name)
      for (let offset = 0; offset < (offsets[0]?.end ?? 0); ) {
        offset = (await reader.read(0, offset, 1024, 0))?.nextOffset ?? Number.MAX_SAFE_INTEGER
      }
    }
    await directory.close()
    say('read')
    return
  }
  if (mode === 'hold') {
    setInterval(() => {}, 1000)
    return
  }
  for (const name of ['out', 'ingest']) {
    await directory.log.createTopic({ name, partitions: 1, retentionMs: undefined, retentionBytes: undefined })
  }
  const task = await directory.state.openTask('task')
  const store = task.store('count-1', 'table')
  const ingest = async (): Promise<never> => {
    for (;;) {
      const next = (await directory.log.topic('ingest'))?.offsets[0]?.end ?? 0
      const value = Buffer.from(String(next))
      const { firstOffset } = await directory.log.append('ingest', 0, [{ key: null, value, timestamp: next }])
      say(`durable ${firstOffset}`)
    }
  }
  void ingest()
  for (let epoch = (task.checkpoint?.epoch ?? 0) + 1; ; epoch++) {
    // Puts of many keys, so that a commit takes long enough to be hit.
    for (let i = 0; i < 200; i++) store.put(Buffer.from(`key-${i}`), Buffer.from(String(epoch)))
    task.append('out', 0, [{ key: null, value: Buffer.from(String(epoch)), timestamp: epoch }])
    await task.commit({ epoch, inputs: { scan: { 0: epoch } }, watermarks: {}, watermark: null, wallTimeMs: 0 })
    say(`epoch ${epoch}`)
  }
}

work().catch((error: unknown) => {
  if (!(error instanceof AppError)) throw error
  say(`error ${error.code} ${error.message}`)
  process.exitCode = 3
})
