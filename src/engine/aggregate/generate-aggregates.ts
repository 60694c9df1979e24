import type { Column } from '../../core/batch.ts'
import type { Value } from '../../core/value.ts'
import type { AggregateCall } from '../../plan/physical/nodes.ts'
import { type Code, code, fieldName, joinCode, Names } from '../expression/code.ts'
import type { Body } from '../expression/function.ts'
import { compileSource, SOURCE_LENGTH_MAX } from '../expression/sink.ts'
import { type Fields, fieldsOf, type InlineAggregate, inlineAggregate, type Tools } from './inline-aggregate.ts'
import type { AnyAggregate } from './registry.ts'

/**
 * Source of the accumulators of one query: objects of one shape with the fields a0, a1 …, and functions in which every
 * aggregate is done in place, or is one call. So a row costs no lookups and no allocation, and V8 sees one type.
 */
export interface GeneratedAggregates {
  /** An accumulator of these field values. */
  readonly make: (fields: readonly unknown[]) => object
  readonly fields: (accumulator: object) => readonly unknown[]
  readonly add: (accumulator: object, columns: readonly Column[], row: number, timeMs: number) => void
  readonly retract: (accumulator: object, columns: readonly Column[], row: number, timeMs: number) => void
  readonly merge: (into: object, from: object) => void
  readonly results: (accumulator: object) => Value[]
}

export interface PlannedCall {
  readonly call: AggregateCall
  readonly aggregate: AnyAggregate
  readonly inline: InlineAggregate | undefined
  /** Its first field; aggregates that are called have one field, with their accumulator. */
  readonly field: number
}

export function planCalls(
  calls: readonly AggregateCall[],
  aggregates: readonly AnyAggregate[],
  retractable: boolean,
): readonly PlannedCall[] {
  let field = 0
  return calls.map((call, i) => {
    const inline = inlineAggregate(call, retractable)
    const planned = { call, aggregate: aggregates[i] as AnyAggregate, inline, field }
    field += inline === undefined ? 1 : inline.initial.length
    return planned
  })
}

/** Undefined when the source would be too large. */
export function generateAggregates(calls: readonly PlannedCall[]): GeneratedAggregates | undefined {
  const width = calls.reduce((sum, { inline }) => sum + (inline === undefined ? 1 : inline.initial.length), 0)
  const names = Array.from({ length: width }, (_, i) => fieldName(i))
  const members = names.map((name, i) => code`${name}: r[${i}]`)
  const reads = names.map((name) => code`a.${name}`)
  const sources = [
    new Factory().finish(code`return (r) => {\nreturn { ${joinCode(members, code`, `)} };\n};`),
    new Factory().finish(code`return (a) => {\nreturn [${joinCode(reads, code`, `)}];\n};`),
    stepSource(calls, false),
    stepSource(calls, true),
    mergeSource(calls),
    resultsSource(calls),
  ]
  if (sources.some(({ source }) => source.length > SOURCE_LENGTH_MAX)) return undefined
  const [make, fields, add, retract, merge, results] = sources.map(instantiate)
  return { make, fields, add, retract, merge, results } as unknown as GeneratedAggregates
}

interface FactorySource {
  readonly source: Code
  readonly functions: readonly Body[]
}

function instantiate({ source, functions }: FactorySource): unknown {
  return compileSource<(functions: readonly Body[]) => unknown>(source, ['f'])(functions)
}

/** Collects the functions that a generated function calls; they are variables around it. */
class Factory implements Tools {
  readonly #names = new Names()
  readonly #header: Code[] = []
  readonly #functions: Body[] = []
  readonly declared: Code[] = []

  name(): Code {
    return this.#names.next()
  }

  function(body: Body): Code {
    const name = this.name()
    this.#header.push(code`const ${name} = f[${this.#functions.length}];`)
    this.#functions.push(body)
    return name
  }

  declare(name: Code): void {
    this.declared.push(code`let ${name} = 0;`)
  }

  finish(source: Code): FactorySource {
    return { source: code`${joinCode(this.#header, code`\n`)}\n${source}`, functions: this.#functions }
  }
}

function stepSource(calls: readonly PlannedCall[], retract: boolean): FactorySource {
  const factory = new Factory()
  const reads: Code[] = []
  const columns = new Map<number, Code>()
  const read = (column: number): Code => {
    let name = columns.get(column)
    if (name === undefined) {
      name = factory.name()
      columns.set(column, name)
      reads.push(code`const ${name} = c[${column}][i];`)
    }
    return name
  }
  const prepared: Code[] = []
  const committed: Code[] = []
  for (const planned of calls) {
    const { prepare, commit, test } = stepOf(planned, read, factory, retract)
    if (prepare !== undefined) prepared.push(guarded(test, prepare))
    committed.push(guarded(test, commit))
  }
  const body = joinCode([...reads, ...factory.declared, ...prepared, ...committed], code`\n`)
  return factory.finish(code`return (a, c, i, t) => {\n${body}\n};`)
}

interface GuardedStep {
  readonly prepare: Code | undefined
  readonly commit: Code
  /** That the row counts for this aggregate; undefined: every row does. */
  readonly test: Code | undefined
}

function stepOf(
  { call, aggregate, inline, field }: PlannedCall,
  read: (column: number) => Code,
  factory: Factory,
  retract: boolean,
): GuardedStep {
  const [first, second] = call.arguments
  const value = first === undefined ? code`null` : read(first)
  const tests: Code[] = []
  if (call.filter !== undefined) tests.push(code`${read(call.filter)} === true`)
  if (aggregate.ignoresNulls) tests.push(code`${value} !== null`)
  const test = tests.length === 0 ? undefined : joinCode(tests, code` && `)
  const fields: Fields = fieldsOf(code`a`, field)
  if (inline !== undefined) return { ...inline.step(fields, value, factory, retract), test }
  const other = second === undefined ? code`null` : read(second)
  const run = factory.function((retract ? aggregate.retract : aggregate.add) as Body)
  const check = aggregate.check === undefined || retract ? undefined : factory.function(aggregate.check as Body)
  return {
    prepare: check && code`${check}(${fields(0)}, ${value}, ${other});`,
    commit: code`${run}(${fields(0)}, ${value}, ${other}, t);`,
    test,
  }
}

function guarded(test: Code | undefined, statements: Code): Code {
  return test === undefined ? statements : code`if (${test}) {\n${statements}\n}`
}

function mergeSource(calls: readonly PlannedCall[]): FactorySource {
  const factory = new Factory()
  const statements = calls.map(({ aggregate, inline, field }) => {
    const into = fieldsOf(code`a`, field)
    const from = fieldsOf(code`b`, field)
    if (inline !== undefined) return code`{\n${inline.merge(into, from, factory)}\n}`
    return code`${factory.function(aggregate.merge as Body)}(${into(0)}, ${from(0)});`
  })
  return factory.finish(code`return (a, b) => {\n${joinCode(statements, code`\n`)}\n};`)
}

function resultsSource(calls: readonly PlannedCall[]): FactorySource {
  const factory = new Factory()
  const values = calls.map(({ aggregate, inline, field }) => {
    const fields = fieldsOf(code`a`, field)
    if (inline !== undefined) return inline.result(fields, factory)
    return code`${factory.function(aggregate.finish as Body)}(${fields(0)})`
  })
  return factory.finish(code`return (a) => {\nreturn [${joinCode(values, code`, `)}];\n};`)
}
