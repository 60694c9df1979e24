import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { faultOf, traceIds } from './logger.ts'

describe('the ids of a trace', () => {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
  afterAll(() => context.disable())
  const within = (provider: TracerProvider) => {
    const span = provider.getTracer('test').startSpan('call')
    return { ids: context.with(trace.setSpan(context.active(), span), traceIds), span: span.spanContext() }
  }

  it('are on a line that is written within a span that is kept', () => {
    const { ids, span } = within(new TracerProvider())
    expect(ids).toEqual({ trace_id: span.traceId, span_id: span.spanId })
  })

  it('are on no other line', () => {
    expect(traceIds()).toEqual({})
    expect(within(new TracerProvider({ sampler: new AlwaysOffSampler() })).ids).toEqual({})
  })
})

describe('faultOf', () => {
  it('says where a defect happened, and nothing that a user wrote', () => {
    const secret = 'canary-5c1f'
    const defect = new TypeError(`bad literal ${secret}\n    in ${secret}`)
    for (const error of [defect, new AppError('INTERNAL', secret, { cause: defect })]) {
      const fault = faultOf(error)
      expect(fault.code).toBe('INTERNAL')
      expect(fault.stack).toContain('logger.spec.ts')
      expect(JSON.stringify(fault)).not.toContain(secret)
    }
    expect(faultOf(new AppError('NOT_FOUND', `stream "${secret}" does not exist`))).toEqual({ code: 'NOT_FOUND' })
  })
})
