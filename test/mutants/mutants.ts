/**
 * Planted bugs, as text: what an engineer could write by mistake in the one line that a guarantee rests on. Each names
 * the test that has to fail with it; a mutant that lives, or whose text is no longer there, is a fault of this list or
 * a hole in the tests.
 */
export interface Mutant {
  /** The mistake, in the words of a review. */
  readonly name: string
  readonly file: string
  /** Is in the file once; `to` takes its place. */
  readonly from: string
  readonly to: string
  readonly caughtBy: {
    readonly spec: string
    /** Part of the names of the tests that may find it. */
    readonly test: string
    /** Of the simulation: where few seeds meet the moment that the bug is about. */
    readonly seeds?: number
  }
}

const STORAGE = 'src/adapters/kafka/kafka-task-storage.ts'
const STORAGE_SPEC = 'test/integration/kafka/kafka-task-storage.spec.ts'
const PRODUCER = 'src/adapters/kafka/transactional-producer.ts'
const DIRECTORY = 'src/adapters/kafka/task-directory.ts'
const FETCH = 'src/adapters/kafka/fetch.ts'
const FETCH_SPEC = 'src/adapters/kafka/fetch.spec.ts'
const SIM_SPEC = 'test/sim/sim.spec.ts'
const STAGES_SPEC = 'test/golden/stages.spec.ts'

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'LMDB is written before Kafka',
    file: STORAGE,
    from: '    const ends = new Map<string, number>()\n',
    to: `    const ends = new Map<string, number>()
    const early = { epoch: checkpoint.epoch, changelogId: this.#changelogId, changelogEnd: 0, resultEnd: 0 }
    await this.#directory.commit({ ...checkpoint, log: { ...early, ...this.#checkpoint?.log } })
`,
    caughtBy: { spec: STORAGE_SPEC, test: 'a commit that failed leaves nothing in the copy' },
  },
  {
    name: 'nobody is fenced: each process writes under an id of its own',
    file: STORAGE,
    from: '`${prefix}/${taskId}`',
    to: '`${prefix}/${taskId}/${Math.random()}`',
    caughtBy: { spec: STORAGE_SPEC, test: 'who is taken over is fenced' },
  },
  {
    name: 'a producer is used again after a failure',
    file: PRODUCER,
    from: '      this.#failed = true\n',
    to: '',
    caughtBy: {
      spec: 'test/integration/kafka/transactional-producer.spec.ts',
      test: 'is thrown away after a failure',
    },
  },
  {
    name: 'a task goes on after a failed commit',
    file: STORAGE,
    from: "      this.#state = 'failed'",
    to: "      this.#state = 'open'",
    caughtBy: { spec: STORAGE_SPEC, test: 'a commit that failed leaves nothing in the copy' },
  },
  {
    name: 'positions and state are outside of the transaction of the output, before it',
    file: STORAGE,
    from: "await write(guarantee === 'exactly-once' ? [...this.#output, own] : [own])",
    to: "await write([own])\n    if (guarantee === 'exactly-once') await write(this.#output)",
    caughtBy: { spec: STORAGE_SPEC, test: 'output that can not be written takes the state and the positions with it' },
  },
  {
    name: 'positions and state are outside of the transaction of the output, behind it',
    file: STORAGE,
    from: "await write(guarantee === 'exactly-once' ? [...this.#output, own] : [own])",
    to: "if (guarantee === 'exactly-once') await write(this.#output)\n    await write([own])",
    caughtBy: { spec: STORAGE_SPEC, test: 'state that can not be written takes the output with it' },
  },
  {
    name: 'at least once writes its output once more behind the positions',
    file: STORAGE,
    from: "if (guarantee === 'at-most-once') await writeOutput()",
    to: "if (guarantee !== 'exactly-once') await writeOutput()",
    caughtBy: { spec: STORAGE_SPEC, test: 'at least once' },
  },
  {
    name: 'acknowledged before durable: an append resolves when it is staged',
    file: 'src/adapters/embedded/commit-queue.ts',
    from: 'staged.push({ job, result: job.stage(operations) })',
    to: 'const result = job.stage(operations)\n        job.resolve(result as never)\n        staged.push({ job, result })',
    caughtBy: { spec: 'test/integration/lmdb/faults.spec.ts', test: 'state, output and positions agree' },
  },
  {
    name: 'aborted records are read',
    file: FETCH,
    from: ' || !aborted.has(batch.producerId)',
    to: ' || true',
    caughtBy: { spec: FETCH_SPEC, test: 'leaves out an aborted transaction' },
  },
  {
    name: 'a producer that has aborted once is never heard again',
    file: FETCH,
    from: 'if (marker.key?.readInt16BE(2) === ABORT_MARKER) aborted.delete(batch.producerId)',
    to: 'void marker.key',
    caughtBy: { spec: FETCH_SPEC, test: 'none that it committed in between' },
  },
  {
    name: 'what is not committed yet is read',
    file: FETCH,
    from: 'FetchIsolationLevels.READ_COMMITTED',
    to: 'FetchIsolationLevels.READ_UNCOMMITTED',
    caughtBy: {
      spec: 'test/integration/kafka/transactional-producer.spec.ts',
      test: 'is seen when it has committed, not before',
    },
  },
  {
    name: 'the tail of the changelog is not replayed over a copy',
    file: DIRECTORY,
    from: 'while (reader.position < end && signal?.aborted !== true) {',
    to: 'while (reader.position < end && (this.#checkpoint === undefined || reader.position === 0)) {',
    caughtBy: { spec: STORAGE_SPEC, test: 'the copy reads the rest of the changelog' },
  },
  {
    name: 'a copy of another topic of the same name is trusted',
    file: DIRECTORY,
    from: 'return log.changelogId === changelogId && ',
    to: 'return ',
    caughtBy: { spec: STORAGE_SPEC, test: 'a copy of another topic of the same name is not used' },
  },
  {
    name: 'a stale copy is trusted, though deletes may have been compacted away',
    file: DIRECTORY,
    from: 'nowMs - this.#inStepMs >= COPY_AGE_MAX_MS',
    to: 'nowMs < 0',
    caughtBy: { spec: STORAGE_SPEC, test: 'a copy that is older than what compaction keeps of deletes' },
  },
  {
    name: 'a copy of more than the changelog holds is trusted',
    file: DIRECTORY,
    from: ' && log.changelogEnd <= end',
    to: '',
    caughtBy: { spec: STORAGE_SPEC, test: 'a copy of more than the changelog holds' },
  },
  {
    name: 'deletes of state are not in the changelog',
    file: STORAGE,
    from: '    this.#record(entryRecord(this.#name, key, null))\n',
    to: '',
    caughtBy: { spec: STORAGE_SPEC, test: 'a replica without a copy gets state' },
  },
  {
    name: 'the watermark is not restored',
    file: 'src/engine/watermark.ts',
    from: 'partition.pending = stored.pending ?? known',
    to: 'partition.pending = known',
    caughtBy: { spec: 'src/engine/watermark.spec.ts', test: 'goes on from its checkpoint' },
  },
  {
    name: 'the watermark is that of the fastest partition',
    file: 'src/engine/watermark.ts',
    from: 'if (partition.emitted < lowest) lowest = partition.emitted',
    to: 'lowest = lowest === END_OF_TIME ? partition.emitted : Math.max(lowest, partition.emitted)',
    caughtBy: { spec: 'src/engine/watermark.spec.ts', test: 'is the minimum over its partitions' },
  },
  {
    name: 'positions are stored one too far',
    file: 'src/engine/source.ts',
    from: 'return Object.fromEntries(this.#positions)',
    to: 'return Object.fromEntries([...this.#positions].map(([p, at]) => [p, at + 1]))',
    caughtBy: { spec: SIM_SPEC, test: 'seeds 0 to 9 hold' },
  },
  {
    name: 'positions are stored one too near',
    file: 'src/engine/source.ts',
    from: 'return Object.fromEntries(this.#positions)',
    to: 'return Object.fromEntries([...this.#positions].map(([p, at]) => [p, Math.max(0, at - 1)]))',
    caughtBy: { spec: SIM_SPEC, test: 'seeds 0 to 9 hold' },
  },
  {
    name: 'rows are fed in between a barrier and its commit',
    file: 'src/engine/runner.ts',
    from: "    await this.#timed('commitMs', storage.commit(checkpoint))\n",
    to: '    const committing = storage.commit(checkpoint)\n    await this.#read()\n    await committing\n',
    caughtBy: { spec: SIM_SPEC, test: 'seeds 0 to 9 hold' },
  },
  {
    name: 'an exchange tells no watermarks: a replay drops rows as late, or closes nothing',
    file: 'src/engine/exchange-sink.ts',
    from: '  onWatermark(watermark: EventTimeMs): void {\n    this.#watermark = watermark\n    this.#tell()',
    to: '  onWatermark(watermark: EventTimeMs): void {\n    this.#watermark = watermark',
    caughtBy: { spec: STAGES_SPEC, test: 'in stages' },
  },
  {
    name: 'the first writer of an exchange alone says how far time is',
    file: 'src/engine/channel-watermarks.ts',
    from: 'if (channel >= this.#count) return false',
    to: 'if (channel >= this.#count || channel > 0) return false',
    caughtBy: { spec: STAGES_SPEC, test: 'in stages' },
  },
  {
    name: 'two own a task: it runs before its claim is the oldest',
    file: 'src/engine/duties.ts',
    from: 'if (owner === name) run.add(task)',
    to: 'run.add(task)',
    caughtBy: { spec: 'src/engine/duties.spec.ts', test: 'does not run what another has claimed before it' },
  },
  {
    name: 'a task runs by a claim that was taken back since',
    file: 'src/runtime/log-replicas.ts',
    from: 'run: new Set([...run].filter(isHeld))',
    to: 'run: new Set([...run].filter((task) => isHeld(task) || true))',
    // One seed of 160 finds it.
    caughtBy: { spec: 'test/sim/replicas.spec.ts', test: 'let no task run twice when deaths', seeds: 800 },
  },
  {
    name: 'a process that was replaced under its name goes on',
    file: 'src/engine/duties.ts',
    from: 'if (seat === undefined || compareProcesses(seat, this.#self) > 0) {',
    to: 'if (seat === undefined) {',
    caughtBy: { spec: 'src/engine/duties.spec.ts', test: 'has nothing to do once a later process has its name' },
  },
  {
    name: 'a resume token is off by one: the last row comes again',
    file: 'src/runtime/subscription.ts',
    from: 'this.#moveTo((chunk.offsets[decoded.records[to - 1] as number] as number) + 1)',
    to: 'this.#moveTo(chunk.offsets[decoded.records[to - 1] as number] as number)',
    caughtBy: { spec: 'src/runtime/subscription.spec.ts', test: 'tells every change once' },
  },
  {
    name: 'a merged resume token has read what waits to be given out',
    file: 'src/runtime/merged-subscription.ts',
    from: '(result) => ready.push({ partition, result }),',
    to: `(result) => {
          if (result.done !== true) this.#tokens[partition] = result.value.resumeToken
          ready.push({ partition, result })
        },`,
    caughtBy: {
      spec: 'src/runtime/merged-subscription.spec.ts',
      test: 'a reader of several partitions sees each row once',
    },
  },
  {
    name: 'a row of an outer join comes out alone while its match may still come',
    file: 'src/engine/operators/interval-join.ts',
    from: '    return Math.floor(time) + this.toMs + 1\n',
    to: '    return Math.floor(time) + 1\n',
    caughtBy: { spec: 'test/golden/run.spec.ts', test: 'join-interval-left' },
  },
  {
    name: 'a stream does not wait for the table that it looks up',
    file: 'src/engine/operators/latest-join.ts',
    from: '    return port === STREAM && (ports[TABLE] as WatermarkPort).watermark === NO_WATERMARK\n',
    to: '    return port === STREAM && (ports[TABLE] as WatermarkPort).watermark < NO_WATERMARK\n',
    caughtBy: { spec: 'src/runtime/joins.spec.ts', test: 'a table is read to its end before the stream' },
  },
  {
    name: 'changes of a row that moves between the tasks of a join are not brought into an order',
    file: 'src/plan/physical/lower.ts',
    from: '  return !fixed\n',
    to: '  return !fixed && leftKeys.length === 0\n',
    caughtBy: { spec: 'test/oracle/joins.spec.ts', test: 'in stages' },
  },
  {
    name: 'a version of a table that may still be asked for is forgotten',
    file: 'src/engine/join/table-versions.ts',
    from: '(list[needed + 1] as Version).time <= horizon) needed++',
    to: '(list[needed + 1] as Version).time <= horizon + 50) needed++',
    caughtBy: { spec: 'test/oracle/joins.spec.ts', test: 'in one task' },
  },
  {
    name: 'a row OVER others comes out before those behind it that it asks for',
    file: 'src/engine/operators/over-aggregate.ts',
    from: 'this.#completeAt(frame) < horizon',
    to: '(frame.rows[frame.done] as TimedRow).time < horizon',
    caughtBy: { spec: 'test/oracle/joins.spec.ts', test: 'in one task' },
  },
  {
    name: 'a change of a column that a query does not read is no change to it',
    file: 'src/plan/rules/prune-columns.ts',
    from: 'prune(node.input, new Set(node.input.schema.fields.keys()))',
    to: 'prune(node.input, withKey(node.input, new Set([...needed].flatMap((one) => (one === 0 ? [] : [one - 1])))))',
    caughtBy: { spec: 'test/golden/run.spec.ts', test: 'changelog-to' },
  },
  {
    name: 'an update of a column that a list without its key has not counts the row twice',
    file: 'src/engine/operators/table-join.ts',
    from: 'if (own.hasKey || own.prolong(keyValues, changedMs)) return 1',
    to: 'if (!own.hasKey) this.#replace(own, keyValues, values, after, changedMs)\n        return 1',
    caughtBy: { spec: 'test/golden/run.spec.ts', test: 'join-in-values' },
  },
  {
    name: 'a row that goes from a long list of a join is there again after a restart',
    file: 'src/engine/join/table-rows.ts',
    from: 'else value.rows.delete(identity.of(row))',
    to: 'else void 0',
    caughtBy: { spec: 'test/oracle/joins.spec.ts', test: 'in one task' },
  },
  {
    name: 'changes of a long entry stay when it goes, and are done to the one that comes after it',
    file: 'src/engine/keyed-table.ts',
    from: '      this.#journal?.clear(this.#key.encode(namespace.prefix, entry.values), entry.value)\n',
    to: '',
    caughtBy: { spec: 'src/engine/entry-journal.spec.ts', test: 'whatever happens to it' },
  },
  {
    name: 'a change of a long entry is written over the one before it',
    file: 'src/engine/entry-journal.ts',
    from: '    this.#stored++\n',
    to: '    this.#stored = 1\n',
    caughtBy: { spec: 'src/engine/entry-journal.spec.ts', test: 'whatever happens to it' },
  },
  {
    name: 'a row that moves to another value of a join is still found under the old one',
    file: 'src/engine/operators/latest-rows-join.ts',
    from: 'return sameKey && this.#identity.of(values)',
    to: 'return (sameKey || true) && this.#identity.of(values)',
    caughtBy: { spec: 'test/oracle/joins.spec.ts', test: 'in one task' },
  },
  {
    name: 'a method without a rule is open (security)',
    file: 'src/server/security/call-gate.ts',
    from: 'if (rule === undefined) throw',
    to: 'if (rule !== undefined && RULES[call.method] === undefined) throw',
    caughtBy: { spec: 'src/server/security/every-method.spec.ts', test: 'is refused to everybody' },
  },
  {
    name: 'a right over a relation is one over the topic of the same name (security)',
    file: 'src/server/security/grants.ts',
    from: 'grant.resource === resource && ',
    to: '',
    caughtBy: { spec: 'src/server/security/grants.spec.ts', test: 'are those that were given and no others' },
  },
  {
    name: 'a name of WITH hides the stream that is read under it (security)',
    file: 'src/runtime/statement-access.ts',
    from: '!common.has(name) || catalog.relation(name) !== undefined',
    to: '!common.has(name)',
    caughtBy: { spec: 'src/runtime/statement-access.spec.ts', test: 'WITH orders AS' },
  },
  {
    name: 'a token that is revoked keeps its streams (security)',
    file: 'src/server/security/auth-file.ts',
    from: 'if (!kept.has(abort)) abort.abort()',
    to: 'if (kept.size < 0) abort.abort()',
    caughtBy: { spec: 'src/server/security/authentication.spec.ts', test: 'ends the streams that it opened' },
  },
  {
    name: 'the watermark passes a match that may still be replaced',
    file: 'src/engine/operators/match-recognize.ts',
    from: 'Math.min(horizonOf(watermark), this.#heldTime())',
    to: 'horizonOf(watermark)',
    caughtBy: { spec: 'src/engine/operators/match-recognize.spec.ts', test: 'waits for matches that are not decided' },
  },
  {
    name: 'partial matches in one state are taken for the same, whatever their conditions look back at',
    file: 'src/engine/match/matcher.ts',
    from: 'rows.isMemoryless ? new Set<number>() : undefined',
    to: 'new Set<number>()',
    caughtBy: { spec: 'src/engine/operators/match-recognize.spec.ts', test: 'a way that is preferred and fails' },
  },
  {
    name: 'a store is written without a look at the position that it has',
    file: 'src/adapters/redis/redis-store.ts',
    from: '      if (stored !== before) {\n',
    to: '      if (stored < 0) {\n',
    caughtBy: {
      spec: 'test/integration/stores/redis-sink.spec.ts',
      test: 'does not move where someone else has written behind its back',
    },
  },
  {
    name: 'the position in PostgreSQL is moved by whoever comes',
    file: 'src/adapters/postgres/postgres-store.ts',
    from: ' WHERE name = $1 AND epoch = $4`',
    to: ' WHERE name = $1 AND $4 > 0`',
    caughtBy: {
      spec: 'test/integration/stores/postgres-sink.spec.ts',
      test: 'does not move where someone else has written behind its back',
    },
  },
  {
    name: 'a watermark overtakes the rows that wait for a lookup',
    file: 'src/engine/operators/lookup-join.ts',
    from: '    else this.#queue.push(watermark)\n',
    to: '    else this.#released = watermark\n',
    caughtBy: { spec: 'src/engine/operators/lookup-join.spec.ts', test: 'in the order in which they came' },
  },
  {
    name: 'rows that wait for a lookup are no part of the checkpoint',
    file: 'src/engine/operators/lookup-join.ts',
    from: '    if (this.#queue.length > 0) {\n      store.put(',
    to: '    if (this.#queue.length < 0) {\n      store.put(',
    caughtBy: { spec: 'src/engine/operators/lookup-join.spec.ts', test: 'keeps what waits through a restart' },
  },
]
