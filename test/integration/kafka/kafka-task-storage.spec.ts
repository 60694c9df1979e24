import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { COMMIT_BYTES_MAX } from '../../../src/adapters/embedded/commit-queue.ts'
import { KafkaState } from '../../../src/adapters/kafka/kafka-state.ts'
import type { KafkaTaskStorage } from '../../../src/adapters/kafka/kafka-task-storage.ts'
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts'
import { TaskDirectory } from '../../../src/adapters/kafka/task-directory.ts'
import type { Checkpoint, LogPositions, RestoreProgress, Standby, TaskTopics } from '../../../src/engine/ports/state.ts'
import { checkpoint } from '../../contract/state-contract.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { codeOf, record } from '../../harness/log-records.ts'

const bytes = (text: string) => Buffer.from(text)

describeKafka('state of a task over Kafka', (kafka) => {
  let admin: Admin
  let topics: TaskTopics
  let root: string
  let number = 0
  const opened: KafkaTaskStorage[] = []
  const restored: RestoreProgress[] = []

  beforeAll(() => {
    admin = new Admin({ clientId: 'test', bootstrapBrokers: [kafka.bootstrap] })
    root = mkdtempSync(join(tmpdir(), 'weir-test-'))
  })
  afterAll(async () => {
    for (const storage of opened) await storage.close()
    rmSync(root, { recursive: true })
    await admin.close()
  })
  beforeEach(async () => {
    number++
    const changelog = `${kafka.prefix}.changelog-${number}`
    const result = `${kafka.prefix}.result-${number}`
    await admin.createTopics({ topics: [changelog, result], partitions: 2, replicas: 1 })
    topics = {
      changelog: { topic: changelog, partition: 1 },
      result: { topic: result, partition: 1 },
      guarantee: 'exactly-once',
    }
  })

  const taskId = () => `q.1/0/${number}`

  /** `replica` names the folder: another one has no copy of the state. */
  async function open(replica: string, with_: Partial<TaskTopics> = {}): Promise<KafkaTaskStorage> {
    const state = new KafkaState({
      connection: { bootstrapBrokers: [kafka.bootstrap] },
      path: join(root, replica),
      prefix: kafka.prefix,
    })
    const storage = await state.openTask(taskId(), { ...topics, ...with_ }, (progress) => restored.push(progress))
    opened.push(storage)
    return storage
  }

  async function changelogEnd(): Promise<number> {
    const { topic, partition } = topics.changelog
    const reader = await PartitionReader.open({ bootstrapBrokers: [kafka.bootstrap] }, topic, partition)
    try {
      return await reader.end()
    } finally {
      await reader.close()
    }
  }

  async function results(): Promise<string[]> {
    const { topic, partition } = topics.result as { topic: string; partition: number }
    const reader = await PartitionReader.open({ bootstrapBrokers: [kafka.bootstrap] }, topic, partition)
    const end = await reader.end()
    const values: string[] = []
    while (reader.position < end) {
      for (const { value } of await reader.read(100)) values.push(Buffer.from(value as Uint8Array).toString())
    }
    await reader.close()
    return values
  }

  async function commit(storage: KafkaTaskStorage, epoch: number, value: string): Promise<void> {
    storage.store('agg-1', 'groups').put(bytes('a'), bytes(value))
    storage.append((topics.result as { topic: string }).topic, 1, [record(value)])
    await storage.commit({ ...checkpoint(epoch), wallTimeMs: Date.now() })
  }

  const stored = (storage: KafkaTaskStorage) => {
    const value = storage.store('agg-1', 'groups').get(bytes('a'))
    return value && Buffer.from(value).toString()
  }

  test('a replica without a copy gets state, positions and epoch from the changelog', async () => {
    const first = await open('a')
    expect(first.checkpoint).toBeUndefined()
    first.store('agg-1', 'groups').put(bytes('gone'), bytes('x'))
    await commit(first, 1, '1')
    first.store('agg-1', 'groups').delete(bytes('gone'))
    await commit(first, 2, '2')
    const second = await open('b')
    expect(second.checkpoint).toMatchObject({ epoch: 2, inputs: checkpoint(2).inputs })
    expect(stored(second)).toBe('2')
    expect(second.store('agg-1', 'groups').get(bytes('gone'))).toBeUndefined()
    await commit(second, 3, '3')
    expect(await results()).toEqual(['1', '2', '3'])
  })

  test('who is taken over is fenced: nothing of its next commit is ever seen, and its own copy does not have it', async () => {
    const zombie = await open('a')
    await commit(zombie, 1, '1')
    const owner = await open('b')
    expect(await codeOf(() => commit(zombie, 2, 'zombie'))).toBe('FENCED')
    await commit(owner, 2, '2')
    expect(await results()).toEqual(['1', '2'])
    await zombie.close()
    await owner.close()
    const again = await open('a')
    expect(stored(again)).toBe('2')
    expect(again.checkpoint?.epoch).toBe(2)
  })

  test('a commit that failed leaves nothing in the copy, and its writer is of no more use', async () => {
    const zombie = await open('a')
    await commit(zombie, 1, '1')
    await open('b')
    zombie.store('agg-1', 'groups').put(bytes('never committed'), bytes('x'))
    expect(await codeOf(() => commit(zombie, 2, 'zombie'))).toBe('FENCED')
    expect(() => zombie.store('agg-1', 'groups').put(bytes('a'), bytes('3'))).toThrow('after a failed commit')
    await zombie.close()
    const again = await open('a')
    expect(again.checkpoint?.epoch).toBe(1)
    expect(again.store('agg-1', 'groups').get(bytes('never committed'))).toBeUndefined()
  })

  test('output that can not be written takes the state and the positions with it', async () => {
    const storage = await open('a')
    await commit(storage, 1, '1')
    storage.append(`${kafka.prefix}.is-not-there`, 0, [record('2')])
    await expect(commit(storage, 2, '2')).rejects.toThrow()
    await storage.close()
    const again = await open('b')
    expect(again.checkpoint).toMatchObject({ epoch: 1, inputs: checkpoint(1).inputs })
    expect(stored(again)).toBe('1')
    expect(await results()).toEqual(['1'])
  })

  test('state that can not be written takes the output with it', async () => {
    const changelog = { topic: `${kafka.prefix}.narrow-${number}`, partition: 0 }
    const narrow = [{ name: 'max.message.bytes', value: '2000' }]
    await admin.createTopics({ topics: [changelog.topic], partitions: 1, replicas: 1, configs: narrow })
    const storage = await open('a', { changelog })
    await commit(storage, 1, '1')
    storage.store('agg-1', 'groups').put(bytes('large'), Buffer.alloc(5_000))
    await expect(commit(storage, 2, '2')).rejects.toThrow()
    await storage.close()
    const again = await open('b', { changelog })
    expect(again.checkpoint?.epoch).toBe(1)
    expect(await results()).toEqual(['1'])
  })

  test('a copy that is older than what compaction keeps of deletes is made anew', async () => {
    const longAgoMs = Date.now() - 21 * 3_600_000
    const first = await open('a')
    first.store('agg-1', 'groups').put(bytes('gone'), bytes('x'))
    await first.commit({ ...checkpoint(1), wallTimeMs: longAgoMs })
    await first.close()
    const second = await open('b')
    second.store('agg-1', 'groups').delete(bytes('gone'))
    await second.commit({ ...checkpoint(2), wallTimeMs: longAgoMs })
    await commit(second, 3, '3')
    await second.close()
    restored.length = 0
    const again = await open('a')
    expect(again.checkpoint?.epoch).toBe(3)
    expect(stored(again)).toBe('3')
    // An entry and a checkpoint of each of three commits: all there is, and not what lies behind the copy alone.
    expect(restored.at(-1)).toEqual({ records: 6, remaining: 0 })
    expect(again.store('agg-1', 'groups').get(bytes('gone'))).toBeUndefined()
  })

  test('a copy that nothing was committed behind is used, however old it is', async () => {
    const first = await open('a')
    first.store('agg-1', 'groups').put(bytes('a'), bytes('1'))
    await first.commit({ ...checkpoint(1), wallTimeMs: Date.now() - 21 * 3_600_000 })
    await first.close()
    restored.length = 0
    const again = await open('a')
    expect(stored(again)).toBe('1')
    expect(restored).toEqual([])
  })

  test('a copy that ends before the changelog begins is made anew: deletes between the two are gone', async () => {
    const first = await open('a')
    first.store('agg-1', 'groups').put(bytes('gone'), bytes('x'))
    await commit(first, 1, '1')
    await first.close()
    const second = await open('b')
    second.store('agg-1', 'groups').delete(bytes('gone'))
    await commit(second, 2, '2')
    const cut = await changelogEnd()
    await commit(second, 3, '3')
    await second.close()
    const { topic, partition } = topics.changelog
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset: BigInt(cut) }] }] })
    const again = await open('a')
    expect(again.checkpoint?.epoch).toBe(3)
    expect(stored(again)).toBe('3')
    expect(again.store('agg-1', 'groups').get(bytes('gone'))).toBeUndefined()
  })

  test('a copy of more than the changelog holds is made anew: the changelog is the truth', async () => {
    const first = await open('a')
    await commit(first, 1, '1')
    await first.close()
    // As after brokers that have lost what they had acknowledged: the copy has seen offsets that are not there.
    const directory = await TaskDirectory.open(join(root, 'a', TaskDirectory.nameOf(taskId())), 'x')
    const { log, ...before } = directory.checkpoint as Checkpoint
    directory.store('agg-1', 'groups').put(bytes('lost'), bytes('x'))
    const changelogEnd = (log?.changelogEnd ?? 0) + 100
    await directory.commit({ ...before, epoch: 9, log: { ...(log as LogPositions), epoch: 9, changelogEnd } })
    await directory.close()
    const again = await open('a')
    expect(again.checkpoint?.epoch).toBe(1)
    expect(again.store('agg-1', 'groups').get(bytes('lost'))).toBeUndefined()
    await commit(again, 2, '2')
    expect(await results()).toEqual(['1', '2'])
  })

  test('a state larger than one commit of the copy may be is restored in parts', { timeout: 120_000 }, async () => {
    const storage = await open('a')
    const store = storage.store('agg-1', 'groups')
    const value = Buffer.alloc(64 * 1024, 'v')
    const perEpoch = 500
    const epochs = Math.ceil((1.2 * COMMIT_BYTES_MAX) / value.length / perEpoch)
    for (let epoch = 1; epoch <= epochs; epoch++) {
      for (let i = 0; i < perEpoch; i++) store.put(bytes(`key-${epoch}-${i}`), value)
      await storage.commit({ ...checkpoint(epoch), wallTimeMs: Date.now() })
    }
    restored.length = 0
    const again = await open('b')
    expect(again.checkpoint?.epoch).toBe(epochs)
    expect(again.store('agg-1', 'groups').get(bytes(`key-${epochs}-${perEpoch - 1}`))).toHaveLength(value.length)
    expect(restored.length).toBeGreaterThan(10)
    expect(restored.at(-1)).toMatchObject({ remaining: 0 })
  })

  test('a crash after the commit of Kafka and before that of LMDB: the copy reads the rest of the changelog', async () => {
    const first = await open('a')
    await commit(first, 1, '1')
    await first.close()
    cpSync(join(root, 'a'), join(root, 'behind'), { recursive: true })
    const second = await open('a')
    await commit(second, 2, '2')
    await commit(second, 3, '3')
    await second.close()
    const behind = await open('behind')
    expect(behind.checkpoint?.epoch).toBe(3)
    expect(stored(behind)).toBe('3')
    await commit(behind, 4, '4')
    expect(await results()).toEqual(['1', '2', '3', '4'])
  })

  test('a copy of another topic of the same name is not used', async () => {
    const first = await open('a')
    await commit(first, 1, '1')
    await first.close()
    await admin.deleteTopics({ topics: [topics.changelog.topic] })
    await admin.createTopics({ topics: [topics.changelog.topic], partitions: 2, replicas: 1 })
    // It has more records by now than the copy has seen of the other.
    const other = await open('b')
    for (let epoch = 1; epoch <= 3; epoch++) {
      other.store('agg-1', 'groups').put(bytes('b'), bytes(String(epoch)))
      await other.commit({ ...checkpoint(epoch), wallTimeMs: Date.now() })
    }
    await other.close()
    const second = await open('a')
    expect(second.checkpoint?.epoch).toBe(3)
    expect(stored(second)).toBeUndefined()
  })

  test('a snapshot sees one commit, and the end of the result log that belongs to it', async () => {
    const storage = await open('a')
    const ends = () => {
      const view = storage.snapshot()
      try {
        return [view.get('agg-1', 'groups', bytes('a'))?.toString(), view.checkpoint?.log?.resultEnd]
      } finally {
        view.close()
      }
    }
    expect(ends()).toEqual([undefined, 0])
    await commit(storage, 1, '1')
    expect(ends()).toEqual(['1', 1])
    const after = await open('b')
    // The marker of the transaction has an offset as well.
    expect(after.checkpoint?.epoch).toBe(1)
    expect(after.snapshot().checkpoint?.log?.resultEnd).toBe(2)
  })

  test('at least once: what was written before a lost commit is there twice; at most once: not at all', async () => {
    for (const guarantee of ['at-least-once', 'at-most-once'] as const) {
      const zombie = await open('a', { guarantee })
      await commit(zombie, (zombie.checkpoint?.epoch ?? 0) + 1, `${guarantee} 1`)
      const owner = await open(guarantee, { guarantee })
      expect(await codeOf(() => commit(zombie, (zombie.checkpoint?.epoch ?? 0) + 1, `${guarantee} 2`))).toBe('FENCED')
      await commit(owner, (owner.checkpoint?.epoch ?? 0) + 1, `${guarantee} 2`)
      await zombie.close()
      await owner.close()
    }
    const written = await results()
    expect(written.filter((value) => value.startsWith('at-least'))).toEqual([
      'at-least-once 1',
      'at-least-once 2',
      'at-least-once 2',
    ])
    expect(written.filter((value) => value.startsWith('at-most'))).toEqual(['at-most-once 1', 'at-most-once 2'])
  })

  describe('a standby', () => {
    const standbys: Standby[] = []
    const going = new AbortController().signal

    async function follow(replica: string): Promise<Standby> {
      const state = new KafkaState({
        connection: { bootstrapBrokers: [kafka.bootstrap] },
        path: join(root, replica),
        prefix: kafka.prefix,
      })
      const standby = await state.openStandby(taskId(), topics)
      standbys.push(standby)
      return standby
    }

    afterEach(async () => {
      for (const standby of standbys.splice(0)) await standby.close()
    })

    test('fences nobody, and has all but the last commits to read when it takes over', async () => {
      const owner = await open('a')
      const standby = await follow('b')
      for (let epoch = 1; epoch <= 20; epoch++) await commit(owner, epoch, String(epoch))
      await standby.catchUp(going)
      await commit(owner, 21, '21')
      await standbys.pop()?.close()
      restored.length = 0
      const taken = await open('b')
      expect(taken.checkpoint?.epoch).toBe(21)
      expect(stored(taken)).toBe('21')
      // The entry and the checkpoint of one commit.
      expect(restored).toEqual([{ records: 2, remaining: 0 }])
      expect(await codeOf(() => commit(owner, 22, 'zombie'))).toBe('FENCED')
    })

    test('that takes over from a commit in mid-air has nothing of it', async () => {
      const owner = await open('a')
      await commit(owner, 1, '1')
      const standby = await follow('b')
      await standby.catchUp(going)
      const fences = await open('c')
      expect(await codeOf(() => commit(owner, 2, 'never'))).toBe('FENCED')
      await commit(fences, 2, '2')
      await standby.catchUp(going)
      await standbys.pop()?.close()
      expect(stored(await open('b'))).toBe('2')
    })

    test('stops in the middle when it is told to, and goes on from there', async () => {
      const owner = await open('a')
      const store = owner.store('agg-1', 'groups')
      for (let i = 0; i < 5_000; i++) store.put(bytes(`key-${i}`), Buffer.alloc(8_000))
      await owner.commit({ ...checkpoint(1), wallTimeMs: Date.now() })
      const standby = await follow('b')
      const stopping = new AbortController()
      const stopped = standby.catchUp(stopping.signal)
      setTimeout(() => stopping.abort(), 50)
      await stopped
      await standbys.pop()?.close()
      restored.length = 0
      const taken = await open('b')
      expect(taken.store('agg-1', 'groups').get(bytes('key-4999'))).toHaveLength(8_000)
      expect(taken.checkpoint?.epoch).toBe(1)
    })

    test('of a topic that was made again begins anew', async () => {
      const owner = await open('a')
      await commit(owner, 1, '1')
      await (await follow('b')).catchUp(going)
      await standbys.pop()?.close()
      await owner.close()
      await admin.deleteTopics({ topics: [topics.changelog.topic] })
      await admin.createTopics({ topics: [topics.changelog.topic], partitions: 2, replicas: 1 })
      await (await follow('b')).catchUp(going)
      await standbys.pop()?.close()
      expect(stored(await open('b'))).toBeUndefined()
    })
  })

  test('ten thousand entries of one epoch are committed and restored', async () => {
    const storage = await open('a')
    const store = storage.store('agg-1', 'groups')
    for (let i = 0; i < 10_000; i++) store.put(bytes(`key-${i}`), bytes(`value-${i}`))
    await storage.commit({ ...checkpoint(1), wallTimeMs: Date.now() })
    const restored = await open('b')
    expect(restored.store('agg-1', 'groups').get(bytes('key-9999'))?.toString()).toBe('value-9999')
    expect([...restored.store('agg-1', 'groups').scan(bytes(''), undefined)]).toHaveLength(10_000)
  })
})
