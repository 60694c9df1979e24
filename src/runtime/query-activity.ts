import type { PhysicalPlan, Step } from '../plan/physical/nodes.ts'
import { topicOf } from '../plan/physical/scan-topics.ts'
import type { QueryStats } from './api.ts'
import type { Job } from './job.ts'
import { statsOfTasks } from './query-tasks.ts'
import type { OperatorDetail } from './task-detail.ts'
import { highest } from './task-loop.ts'

/** What a query has done in this process so far: a part of the whole where several replicas share it. */
export interface QueryActivity {
  readonly query: string
  /** Of its tasks that run here, and of those that have run here. */
  readonly stats: QueryStats
  /** By step, all of its tasks that are open here together, in the order of the plan. */
  readonly operators: readonly OperatorDetail[]
  /** Records read from and written to topics that are not its own. */
  readonly messages: readonly TopicMessages[]
}

export interface TopicMessages {
  readonly topic: string
  readonly operation: 'receive' | 'send'
  readonly count: number
}

export async function activityOfJob(job: Job): Promise<QueryActivity> {
  const { plan, name } = job.entry
  const tasks = await job.runningStats()
  const details = [...tasks.values()].flatMap(({ detail }) => detail?.operators ?? [])
  const operators = [...Map.groupBy(details, ({ id }) => id).values()].map(together)
  const order = new Map(plan.steps.map(({ id }, place) => [id, place]))
  operators.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
  return {
    query: name,
    stats: statsOfTasks(job, { stats: tasks, replicaOf: new Map(), copiesOf: new Map(), silent: new Map() }),
    operators,
    messages: messagesOf(plan, operators),
  }
}

/** One step, as several tasks have it. */
export function together(parts: readonly OperatorDetail[]): OperatorDetail {
  const sum = (of: (one: OperatorDetail) => number) => parts.reduce((total, one) => total + of(one), 0)
  return {
    id: parts[0]?.id ?? '',
    rowsIn: sum(({ rowsIn }) => rowsIn),
    rowsOut: sum(({ rowsOut }) => rowsOut),
    busyMs: sum(({ busyMs }) => busyMs),
    stateEntries: sum(({ stateEntries }) => stateEntries),
    rowsWaiting: sum(({ rowsWaiting }) => rowsWaiting),
    rowsOverdue: sum(({ rowsOverdue }) => rowsOverdue),
    tableDelayMs: highest(parts.map(({ tableDelayMs }) => tableDelayMs)),
    watermark: Math.min(...parts.map(({ watermark }) => watermark)),
  }
}

function messagesOf({ steps }: PhysicalPlan, operators: readonly OperatorDetail[]): readonly TopicMessages[] {
  const byId = new Map(operators.map((one) => [one.id, one]))
  return steps.flatMap((step) => {
    const topic = topicOfStep(step)
    const count = byId.get(step.id)?.rowsIn
    if (topic === undefined || count === undefined) return []
    return [{ topic, operation: step.kind === 'scan' ? 'receive' : 'send', count } as const]
  })
}

function topicOfStep(step: Step): string | undefined {
  if ((step.kind !== 'scan' && step.kind !== 'sink') || step.connector.kind !== 'kafka') return undefined
  return step.kind === 'scan' ? topicOf(step) : step.connector.options['topic']
}
